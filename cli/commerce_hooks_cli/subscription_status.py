"""How stores' subscriptions stood at the last look, as its records tell: no platform is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks.state.seen import all_seen
from commerce_hooks.subscriptions.records import all_records
from commerce_hooks.subscriptions.rounds import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from commerce_hooks.state.seen import Seen
    from commerce_hooks.state.table import Row
    from commerce_hooks.stores import StoreConfiguration, StoreId
    from commerce_hooks.subscriptions.records import Line, Record
    from commerce_hooks_cli.subscription_desk import Chosen, SubscriptionDesk

UNREADABLE = "what was found last cannot be read; the next look writes it anew"
NEVER = "never looked at yet"


@dataclass(frozen=True)
class TopicStanding:
    """One topic of a record at the platform, or of one that should be there.

    Args:
        topic: None of one for all topics that is not there.
        last: The newest event of this topic, whichever URL it came to.
    """

    topic: str | None
    line: Line
    last: Seen | None


@dataclass(frozen=True)
class Standing:
    """One store's.

    Args:
        configuration: None if it cannot be read.
        off: Why nobody looks; None if somebody does.
        record: None if nobody has looked yet, or it cannot be read.
        unreadable: It cannot.
    """

    store: StoreId
    configuration: StoreConfiguration | None = None
    off: str | None = None
    record: Record | None = None
    unreadable: bool = False
    topics: tuple[TopicStanding, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to look."""
        return self.off is None and is_wrong(self.record, self.configuration)

    @property
    def problem(self) -> str | None:
        """What is the matter, in a sentence; None if nothing is."""
        if self.configuration is None:
            return "its configuration cannot be read"
        if self.off is not None:
            return None
        if self.record is None:
            return UNREADABLE if self.unreadable else NEVER
        return trouble(self.record)


def is_wrong(record: Record | None, configuration: StoreConfiguration | None) -> bool:
    """Whether the last look failed, or found that something does not work that should.

    A store that is only planned for is not wrong for what the plan would do.
    """
    if record is None or configuration is None or configuration.policy == "off":
        return False
    if record.outcome == Outcome.FAILED.value:
        return True
    return record.wrong_since is not None and configuration.policy != "plan"


def trouble(record: Record) -> str | None:
    """What a record says that is not well."""
    if record.outcome == Outcome.FAILED.value:
        return f"failed: {record.cause}" if record.cause else "failed"
    return "not as desired" if record.wrong_since else None


def standings(desk: SubscriptionDesk, chosen: Chosen) -> list[Standing]:
    """Of all that are chosen, those first that somebody has to look at.

    Raises:
        UnavailableError: The state table does not answer.
    """
    odd: list[Row] = []
    table = desk.stores.world.state_table(desk.stores.deployment)
    records = {one.store: one for one in all_records(table, odd.append)}
    seen = list(all_seen(table))
    unreadable = {row.id for row in odd}
    found = [
        _standing(desk, store, one, records.get(store), seen, str(store) in unreadable)
        for store, one in chosen.items()
    ]
    return sorted(found, key=lambda one: (not one.is_wrong, one.problem is None, one.store))


def _standing(
    desk: SubscriptionDesk,
    store: StoreId,
    configuration: StoreConfiguration | None,
    record: Record | None,
    seen: Iterable[Seen],
    unreadable: bool,
) -> Standing:
    off = None if configuration is None else desk.why_off(store, configuration)
    newest = _newest(one for one in seen if one.store == store)
    topics = tuple(_topics(record.lines, newest)) if record and off is None else ()
    return Standing(store, configuration, off, record, unreadable, topics)


def _topics(lines: Iterable[Line], newest: Mapping[str | None, Seen]) -> Iterator[TopicStanding]:
    for line in lines:
        for topic in line.topics if line.slot is None and line.topics else (line.slot,):
            yield TopicStanding(topic, line, newest.get(topic))


def _newest(seen: Iterable[Seen]) -> dict[str | None, Seen]:
    """By topic; under None that of all."""
    found: dict[str | None, Seen] = {}
    for one in sorted(seen, key=lambda one: one.received_at):
        found[one.topic] = found[None] = one
    return found
