"""Two runs renew a store's tokens at once, over the stack's own table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from commerce_hooks.aws import Patience
from commerce_hooks.state.aws import DynamoStateTable
from support.token_races import Meeting, race, token_platform

if TYPE_CHECKING:
    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator


def test_two_that_renew_at_once_are_never_locked_out(local_stack: LocalState) -> None:
    with token_platform() as platform:
        platform.table = DynamoStateTable(
            local_stack.outputs["StateTableName"],
            lambda: local_stack.client("dynamodb"),
            Patience(time.monotonic, time.sleep),
            lambda: uuid4().hex,
        )
        platform.consented()

        race(platform, 20, Meeting())

        assert platform.oauth.calls == ["refresh_token"] * 20
        assert not platform.oauth.revoked_families
