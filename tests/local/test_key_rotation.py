"""A key is rotated, retired and a store revoked by the verbs, while callbacks keep coming."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from commerce_hooks.state.seen import Seen, note_seen
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.callback_stream import CallbackStream, shop_of
from commerce_hooks_cli.callbacks import Sender
from commerce_hooks_cli.demo import Script, exchange
from commerce_hooks_cli.deployment import local_deployment
from commerce_hooks_cli.local.stack import StartOptions, start, stop
from commerce_hooks_cli.main import app
from commerce_hooks_cli.posting import post
from commerce_hooks_cli.state_table import open_state_table
from commerce_hooks_cli.wiring import real_world
from local.inbox import Inbox
from support.command import CHECKOUT, Result
from support.platforms import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_hooks_cli.demo import Attempt, Exchange
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.local.state import LocalState
    from commerce_hooks_cli.world import World

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(90)]

STORES = ("north", "south")
CACHE_SECONDS = 1


@dataclass
class HurriedClock:
    """Five times as fast while somebody sleeps, and it can be set forward."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 5)
        self.ahead += timedelta(seconds=seconds * 4 / 5)


@dataclass(frozen=True)
class Keys:
    """The verbs, on a stack of their own whose functions forget the ring after a second."""

    deployment: Deployment
    world: World
    clock: HurriedClock

    def run(self, *verb: str, exit_code: int = 0) -> Any:
        result = CliRunner().invoke(app, ["keys", *verb, "--json"], obj=self.world)
        assert result.exit_code == exit_code, result.output
        return Result(result.exit_code, result.stdout, result.stderr).json if result.stdout else {}

    def shops(self) -> list[Attempt]:
        """A URL of a store on every platform and another on one, made with the key that signs."""
        events = CHECKOUT / "events"
        north, south = (Script(self.deployment, platforms(), events, store) for store in STORES)
        return [*north.one_of_each(), *south.one_of_each()[:1]]

    def note_seen(self, exchanges: list[Exchange], key_id: str, at: datetime) -> None:
        """As the function `activity` does of each event."""
        table = open_state_table(self.deployment)
        for one in {shop_of(e.attempt): e for e in exchanges}.values():
            about = one.attempt.to
            seen = Seen(
                store=StoreId(about.platform, about.store),
                topic=one.attempt.topic,
                key_id=key_id,
                received_at=at,
                detail_type="order.saved",
                event_id=one.sent.event_ids[0],
            )
            note_seen(table, seen)


@pytest.fixture
def stack(tmp_path: Any) -> Iterator[LocalState]:
    parameters = {"KeyRingCacheSeconds": str(CACHE_SECONDS)}
    state = start(StartOptions(directory=tmp_path / ".local", parameters=parameters))
    yield state
    stop(state)


def test_no_genuine_callback_is_refused_or_lost_while_a_key_comes_and_another_goes(
    stack: LocalState,
) -> None:
    inbox, clock = Inbox(stack), HurriedClock()
    deployment = local_deployment(stack)
    world = replace(real_world(), find_deployment=lambda _: deployment, clock=clock)
    keys, sender = Keys(deployment, world, clock), Sender(post)
    old = keys.shops()
    with CallbackStream(sender, old) as stream:
        stream.wait_for_a_round()
        assert keys.run("rotate")["key_id"] == "k2"
        stream.wait_for_a_round()
        # By the real clock, as the function notes those that come with the new key.
        keys.note_seen(stream.exchanges, "k1", datetime.now(UTC))
        assert keys.run("status", exit_code=2)["signs"] == "k2"

        for shop in keys.shops():
            stream.use(shop)
            keys.run("confirm", *shop_of(shop))
        before_the_end = len(stream.exchanges)
        stream.wait_for_a_round()
        keys.note_seen(stream.exchanges[before_the_end:], "k2", clock.now())
        in_the_way = keys.run("revoke", "k1", exit_code=1)["in_the_way"]
        assert {one["store"] for one in in_the_way} == {None}  # Nothing but time.

        clock.ahead += timedelta(hours=49)
        retired = keys.run("revoke", "k1")
        assert_refused_within(retired["within_seconds"], sender, old)
        stream.wait_for_a_round()
        keys.run("status")

        gone = next(shop for shop in keys.shops() if shop_of(shop) == ("konimbo", "north"))
        stream.leave_out(shop_of(gone))
        revoked = keys.run("revoke", "konimbo/north")
        assert_refused_within(revoked["within_seconds"], sender, [gone])
        stream.wait_for_a_round()
        stream.use(next(shop for shop in keys.shops() if shop_of(shop) == shop_of(gone)))
        stream.wait_for_a_round()

    exchanges = stream.exchanges
    assert len(exchanges) > 8 * len(old)
    assert [one.sent for one in exchanges if not one.as_expected] == []
    inbox.wait_for([id_ for one in exchanges for id_ in one.sent.event_ids])


def assert_refused_within(seconds: float, sender: Sender, shops: list[Attempt]) -> None:
    """Not at once, perhaps; but in time, and from then on."""
    assert seconds < CACHE_SECONDS + 5
    end = time.monotonic() + seconds
    for shop in shops:
        while exchange(sender, shop).sent.status != 401:
            assert time.monotonic() < end, f"{shop_of(shop)} is still taken"
            time.sleep(0.05)
    assert {exchange(sender, shop).sent.status for shop in shops} == {401}
