"""A store on a running stack: added, its first callback heard, looked at, removed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from commerce_hooks_cli.callbacks import CallbackUrls
from commerce_hooks_cli.deployment import local_deployment
from commerce_hooks_cli.event_tail import EventTail
from local.stacks import accepted_sample, ask
from support.command import FakeWorld
from support.platforms import platforms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.following import Following
    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator

ISET = platforms()["iset"]


class Shops(FakeWorld):
    """The command on the running stack; shops are called as soon as somebody waits for it."""

    def __init__(self, tmp_path: Path, state: LocalState) -> None:
        self.stack = local_deployment(state)
        self.sent: dict[str, list[str]] = {}
        super().__init__(tmp_path, self.stack)

    def callback_of(self, store: str) -> None:
        sample = accepted_sample(ISET)
        minted = CallbackUrls(self.stack.base_url, self.stack.key_ring())
        path = urlsplit(minted.for_topic(ISET, store, sample.topic).url).path
        told = ask(
            self.stack.base_url, path, sample.body, {"Content-Type": sample.content_type}
        ).json()
        self.sent[store] = told["event_ids"]

    @contextmanager
    def _follow(  # type: ignore[override] # the real one
        self, deployment: Deployment, on_left_over: Callable[[str], None], following: Following
    ) -> Iterator[EventTail]:
        with EventTail(deployment, on_left_over, following) as tail:
            self.callback_of("another-shop")
            self.callback_of("first-shop")
            yield tail


def test_a_store_is_added_heard_of_seen_and_removed(
    local_stack: LocalState, tmp_path: Path
) -> None:
    shops = Shops(tmp_path, local_stack)
    stores = ("stores", "list", "--label", "of the test", "--json")

    added = shops.run(
        "stores", "add", "iset", "first-shop", "--label", "of the test", "--wait", "20", "--json"
    )
    listed = shops.run(*stores).json
    removed = shops.run("stores", "remove", "iset", "first-shop", "--yes", "--json")

    assert added.exit_code == 0
    assert [added.json["first_callback"]["event_id"]] == shops.sent["first-shop"]
    assert shops.sent["another-shop"]
    assert [store["store"] for store in listed] == ["first-shop"]
    assert removed.json["urls_disabled"]
    assert shops.stack.key_ring().stores["iset/first-shop"].disabled
    assert shops.run(*stores).json == []
