"""The event that says that a topic's bodies have a shape that was not seen before."""

from dataclasses import dataclass

from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.events import Event
from commerce_hooks.platform import SYSTEM_SOURCE
from commerce_hooks.schemas.envelope import Metadata
from shapes.shapes import NOTHING, KnownShape, Pair, bounded
from shapes.sightings import Sighting

SHAPE_CHANGED = "callback.shape_changed"
MAX_TOLD = 500
"""Pairs that one event lists, so that it stays inline; the set in the bucket has them all."""


@dataclass(frozen=True, slots=True)
class Change:
    """A callback showed pairs that were not known of its topic.

    Args:
        news: Those pairs, sorted.
        after: The topic's set with them.
        first: Nothing at all was known of the topic before.
    """

    sighting: Sighting
    news: tuple[Pair, ...]
    after: KnownShape
    first: bool


def change_of(known: KnownShape, sighting: Sighting) -> Change | None:
    """What a sighting adds to what is known; None if it adds nothing."""
    news = known.news_in(sighting.shape)
    if not news:
        return None
    after = known.with_news(news, iso_utc(sighting.metadata.received_at))
    return Change(sighting, news, after, first=known == NOTHING)


def notice_of(change: Change, deployment: str) -> Event:
    """The event for the bus. It names paths and types, and the callback that had them.

    Its id is derived from the showing event's, not from the callback's alone: several events
    of one bulk may each show something.
    """
    seen = change.sighting.metadata
    metadata = Metadata(
        deployment=deployment,
        platform=seen.platform,
        store=seen.store,
        backed_by=seen.backed_by,
        topic=seen.topic,
        action=SHAPE_CHANGED.partition(".")[2],
        callback_id=seen.callback_id,
        event_id=f"{seen.event_id}.s",
        received_at=iso_utc(seen.received_at),
        content_sha256=seen.content_sha256,
    )
    return Event(SYSTEM_SOURCE, SHAPE_CHANGED, seen.received_at, metadata, _data(change))


def _data(change: Change) -> JsonObject:
    told = sorted(bounded(change.news, MAX_TOLD))
    added: list[JsonValue] = [{"path": path, "type": kind} for path, kind in told]
    return {
        "platform": change.sighting.topic.platform,
        "topic": change.sighting.topic.name,
        "fingerprint": change.after.fingerprint,
        "added": added,
        "first": change.first,
    }
