"""Every sample over HTTP through the real template: the quick part of `make probe`."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import pytest

from commerce_hooks_cli.deployment import local_deployment
from probe.bus import Bus, payloads
from probe.callbacks import Callbacks
from probe.calls import Calls
from probe.wire import Wire
from support.cenit import call_samples
from support.platforms import platforms
from support.samples import callbacks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator


@pytest.fixture
def bus(local_stack: LocalState) -> Iterator[Bus]:
    with Bus.followed(local_stack) as bus:
        yield bus


@pytest.mark.parametrize("platform", platforms())
def test_every_callback_has_its_outcome_and_its_events(
    local_stack: LocalState, bus: Bus, platform: str
) -> None:
    deployment = local_deployment(local_stack)
    wire = Wire(deployment.base_url, monotonic() + 60)
    sending = Callbacks(
        deployment.deployment_name, wire, deployment.key_ring(), bus, payloads(deployment)
    )

    rows = list(sending.rows(platform))

    assert len(rows) == len(callbacks(platform))
    assert {f"{row.what} as {row.sent_as}": row.flaws for row in rows if row.flaws} == {}
    assert bus.strays == []


def test_every_call_has_its_answer_and_its_event(local_stack: LocalState, bus: Bus) -> None:
    deployment = local_deployment(local_stack)
    wire = Wire(deployment.base_url, monotonic() + 60)

    rows = list(Calls(wire, deployment.key_ring(), bus).samples())

    assert len(rows) == 2 * len(call_samples())
    assert {f"{row.what} as {row.sent_as}": row.flaws for row in rows if row.flaws} == {}
    assert bus.strays == []
