"""A store that falls silent is told once, and once more when it is heard, whatever fails."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import Event
from commerce_hooks.keyring import KeyRing
from commerce_hooks.publishing import Publisher
from commerce_hooks.schemas.envelope import Metadata
from commerce_hooks.state.seen import SEEN, Seen, note_seen
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreConfiguration, StoreId
from support.receiving import FakeClock
from support.state_table import FakeStateTable, failing
from support.strict_eventbridge import BUS_ARN, StrictEventBridge
from upkeep.episodes import SILENCE
from upkeep.listening import Listening, NotToldError
from upkeep.silence import Silence

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
ACME, OTHER = StoreId("konimbo", "acme"), StoreId("iset", "other")


@dataclass
class Listened:
    """A deployment's stores and what was seen of them; time passes when a test says so."""

    configured: dict[StoreId, StoreConfiguration | None] = field(default_factory=dict)
    table: FakeStateTable = field(default_factory=FakeStateTable)
    event_bridge: StrictEventBridge = field(default_factory=StrictEventBridge)
    clock: FakeClock = field(default_factory=FakeClock)
    entries: dict[str, Any] = field(default_factory=dict)
    hours: float = 0
    found: list[StoreId] = field(default_factory=list)
    unreadable: list[StoreId] = field(default_factory=list)
    failures: dict[StoreId, str] = field(default_factory=dict)
    odd_rows: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return NOON + timedelta(hours=self.hours)

    def configure(self, store: StoreId = ACME, **more: Any) -> None:
        known = {"added_at": NOON.isoformat(), "silence_hours": 48, **more}
        self.configured[store] = StoreConfiguration.model_validate(known)

    def come(self, hours: float, topic: str = "order_created", store: StoreId = ACME) -> None:
        """At this hour a callback comes in."""
        self.hours = hours
        note_seen(self.table, Seen(store, topic, "k1", self.now, "order.created", "c1.0"))

    def at(self, hours: float, seconds: float = 60) -> Sequence[Silence]:
        """At this hour the task runs."""
        self.hours = hours
        publisher = Publisher(EventBridgeBus(self.event_bridge.client(), BUS_ARN), self.clock.sleep)
        listening = Listening(
            self, self, self.table, publisher, "test/unit", lambda: self.now, self
        )
        return listening.listen(Deadline(self.clock, seconds))

    def all(self) -> dict[StoreId, StoreConfiguration | None]:
        return self.configured

    def current(self) -> KeyRing:
        return KeyRing.parse(json.dumps({"sign": "k1", "k1": "x" * 32, "stores": self.entries}))

    def listened(self, silences: Sequence[Silence], unreadable: Sequence[StoreId]) -> None:
        self.found, self.unreadable = [one.store for one in silences], list(unreadable)

    def row_unreadable(self, row: Row) -> None:
        self.odd_rows.append(f"{row.kind} {row.id}")

    def told(self, event: Event) -> None:
        assert event.event_id in self.ids

    def not_told(self, store: StoreId, error: UnavailableError) -> None:
        self.failures[store] = str(error)

    @property
    def events(self) -> list[tuple[str, str]]:
        """Each event's store and detail-type."""
        kinds, details = self.event_bridge.detail_types, self.event_bridge.details
        return [
            (detail["metadata"]["store"], kind) for kind, detail in zip(kinds, details, strict=True)
        ]

    @property
    def ids(self) -> list[str]:
        return [detail["metadata"]["event_id"] for detail in self.event_bridge.details]

    @property
    def data(self) -> list[dict[str, Any]]:
        return [detail["data"] for detail in self.event_bridge.details]

    @property
    def kept(self) -> list[str]:
        return [row.id for row in self.table.rows(SILENCE)]


@pytest.fixture
def shop() -> Listened:
    listened = Listened()
    listened.configure()
    return listened


SILENT, HEARD = ("acme", "store.silent"), ("acme", "store.heard")


def test_a_store_is_told_when_it_falls_silent_and_not_before(shop: Listened) -> None:
    assert shop.at(47) == []
    assert (shop.events, shop.kept) == ([], [])

    (silence,) = shop.at(48)

    assert (silence.store, shop.found) == (ACME, [ACME])
    assert (shop.events, shop.kept) == ([SILENT], ["konimbo/acme"])
    assert shop.data == [
        {"since": "2026-03-09T12:00:00.000Z", "hours": 48, "everything": True, "topics": []}
    ]


def test_the_event_is_one_of_ours_about_the_store(shop: Listened) -> None:
    shop.at(48)

    (entry,), (detail,) = shop.event_bridge.accepted, shop.event_bridge.details
    metadata = Metadata.model_validate(detail["metadata"])
    assert entry["Source"] == "commerce-hooks.system"
    assert (metadata.platform, metadata.store, metadata.topic) == ("konimbo", "acme", None)
    assert metadata.resource is not None
    assert (metadata.resource.type, metadata.resource.id) == ("store", "konimbo/acme")
    assert (metadata.action, metadata.origin, metadata.key_id) == ("silent", "schedule", None)
    assert metadata.event_id == f"{metadata.callback_id}.silent"
    assert metadata.received_at == "2026-03-11T12:00:00.000Z"


def test_it_is_told_once_but_found_every_time(shop: Listened) -> None:
    for hours in (48, 49, 50, 500):
        assert len(shop.at(hours)) == 1

    assert (shop.events, shop.found) == ([SILENT], [ACME])
    assert shop.table.writes == [(SILENCE, "konimbo/acme")]


def test_when_it_is_heard_again_that_is_told_and_the_episode_is_over(shop: Listened) -> None:
    shop.at(48)
    shop.come(60)

    assert shop.at(61) == []
    assert shop.at(62) == []

    assert (shop.events, shop.kept) == ([SILENT, HEARD], [])
    silent, heard = shop.ids
    assert heard == silent.replace(".silent", ".heard")
    assert shop.data[1] == {"since": "2026-03-09T12:00:00.000Z"}


def test_the_next_episode_has_another_id(shop: Listened) -> None:
    shop.at(48)
    shop.come(60)
    shop.at(61)
    shop.at(108)

    assert shop.events == [SILENT, HEARD, SILENT]
    assert len(set(shop.ids)) == 3


def test_what_came_long_ago_and_is_only_now_delivered_ends_no_silence(shop: Listened) -> None:
    shop.at(50)
    shop.come(1)

    assert len(shop.at(51)) == 1
    assert shop.events == [SILENT]


def test_stores_are_told_apart(shop: Listened) -> None:
    shop.configure(OTHER)
    shop.come(30, store=OTHER)
    shop.come(30, store=StoreId("konimbo", "synthetic"))
    shop.come(30, store=StoreId("iset", "acme"))

    shop.at(48)
    shop.at(78)

    assert shop.events == [SILENT, ("other", "store.silent")]


def test_what_gets_worse_is_told_again(shop: Listened) -> None:
    shop.configure(expected_topics=["a", "b"])
    shop.come(10, "b")
    shop.come(40, "other")
    shop.at(48)
    shop.at(58)
    shop.at(88)
    shop.at(89)

    assert [(one["everything"], one["topics"]) for one in shop.data] == [
        (False, ["a"]),
        (False, ["a", "b"]),
        (True, ["a", "b"]),
    ]
    assert len(set(shop.ids)) == 3
    assert shop.kept == ["konimbo/acme"]


def test_it_is_heard_when_nothing_is_silent_any_more(shop: Listened) -> None:
    shop.configure(expected_topics=["a"])
    shop.at(48)
    shop.come(50, "other")
    shop.at(51)
    assert shop.events == [SILENT]

    shop.come(60, "a")
    shop.at(61)

    assert shop.events == [SILENT, HEARD]
    silent, heard = shop.ids
    assert heard == silent.replace(".silent", ".heard")


def test_what_came_meanwhile_and_stays_away_again_is_told_again(shop: Listened) -> None:
    shop.configure(expected_topics=["a", "b"])
    shop.come(1, "other")
    shop.at(48)
    for hours in (48, 90):
        shop.come(hours, "other")
    shop.come(50, "a")
    shop.at(51)
    shop.at(98)

    assert [one["topics"] for one in shop.data] == [["a", "b"], ["a", "b"]]
    assert len(set(shop.ids)) == 2


@pytest.mark.parametrize(
    "changed",
    [
        lambda shop: shop.configured.clear(),
        lambda shop: shop.configure(silence_hours=0),
        lambda shop: shop.configure(silence_hours=96),
        lambda shop: shop.entries.update({"konimbo/acme": {"disabled": True}}),
        lambda shop: shop.entries.update({"konimbo/acme": {"of": "a newer version"}}),
    ],
    ids=["removed", "never told of", "given more time", "disabled", "malformed in the ring"],
)
def test_what_is_no_longer_watched_is_forgotten_and_not_said_to_be_heard(
    shop: Listened, changed: Callable[[Listened], None]
) -> None:
    shop.at(48)
    changed(shop)

    assert shop.at(49) == []

    assert (shop.events, shop.kept, shop.found) == ([SILENT], [], [])


def test_a_store_that_is_enabled_again_is_told_of_as_before(shop: Listened) -> None:
    shop.entries["konimbo/acme"] = {"disabled": True}
    assert shop.at(48) == []

    shop.entries["konimbo/acme"] = {"generation": 2}

    assert len(shop.at(49)) == 1
    assert shop.events == [SILENT]


@pytest.mark.parametrize("kind", [SEEN, SILENCE])
@pytest.mark.parametrize(
    "data",
    [
        {"odd": 1},
        {"since": "2026-03-09T12:00:00", "received_at": "2026-03-09T12:00:00"},
        {"since": "0001-01-01T00:00:00+14:00", "received_at": "0001-01-01T00:00:00+14:00"},
    ],
    ids=["another shape", "no offset", "no time in UTC"],
)
@pytest.mark.parametrize("id_", ["konimbo/zzz#a#k1", "konimbo/acme"])
def test_a_row_that_cannot_be_read_is_named_and_no_other_store_s_failure(
    shop: Listened, kind: str, data: dict[str, Any], id_: str
) -> None:
    shop.table.write(Row(kind, id_), data)

    for hours in (48, 49):
        assert [one.store for one in shop.at(hours)] == [ACME]

    assert f"{kind} {id_}" in shop.odd_rows
    assert (shop.events, shop.kept) == ([SILENT], ["konimbo/acme"])


def test_a_store_whose_configuration_cannot_be_read_is_named_and_stays_as_it_was(
    shop: Listened,
) -> None:
    shop.at(48)
    shop.configured[ACME] = shop.configured[OTHER] = None
    shop.come(49)

    assert shop.at(50) == []

    assert shop.unreadable == [ACME, OTHER]
    assert (shop.events, shop.kept) == ([SILENT], ["konimbo/acme"])


def test_a_crash_between_the_event_and_the_row_tells_it_again_with_the_same_id(
    shop: Listened,
) -> None:
    def crash(call: str) -> None:
        if call in {"write", "remove"}:
            raise KeyboardInterrupt

    for hours, come in ((48, False), (60, True)):
        if come:
            shop.come(hours)
        shop.table.before_call = crash
        with pytest.raises(KeyboardInterrupt):
            shop.at(hours)
        shop.table.before_call = lambda _: None
        shop.at(hours + 1)

    silent, silent_again, heard, heard_again = shop.ids
    assert (silent, heard) == (silent_again, heard_again)
    assert shop.kept == []


@pytest.mark.parametrize(
    "failure", ["AccessDeniedException", {0: "MalformedDetail"}, {0: "InvalidArgument"}]
)
def test_what_the_bus_does_not_take_is_told_next_time(
    shop: Listened, failure: str | dict[int, str]
) -> None:
    shop.configure(OTHER)
    shop.event_bridge.fail_next.append(failure)

    with pytest.raises(NotToldError, match=r"^konimbo/acme$"):
        shop.at(48)
    assert shop.found == [ACME, OTHER]
    assert shop.failures[ACME].startswith("bus: ")
    assert (shop.events, shop.kept) == ([("other", "store.silent")], ["iset/other"])

    shop.at(49)
    assert shop.events == [("other", "store.silent"), SILENT]


def test_what_there_is_no_time_for_is_not_begun(shop: Listened) -> None:
    with pytest.raises(NotToldError):
        shop.at(48, seconds=5)

    assert shop.failures == {ACME: "table: deadline"}
    assert shop.events == []


def test_while_the_table_fails_nobody_is_said_to_be_silent(shop: Listened) -> None:
    shop.table.before_call = failing

    with pytest.raises(UnavailableError):
        shop.at(48)

    assert (shop.events, shop.found) == ([], [])


def test_of_two_runs_at_once_both_tell_the_same(shop: Listened) -> None:
    def meanwhile(call: str) -> None:
        if call == "write":
            shop.table.before_call = lambda _: None
            shop.at(48)

    shop.table.before_call = meanwhile
    shop.at(48)

    assert len(shop.ids) == 2
    assert len(set(shop.ids)) == 1
    assert shop.at(49)[0].id == shop.ids[0].removesuffix(".silent")
    assert len(shop.ids) == 2
