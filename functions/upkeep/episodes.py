"""Episodes of silence: each is told once when it begins, kept meanwhile, and told when it ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonObject
from commerce_hooks.events import Event
from commerce_hooks.platform import SYSTEM_SOURCE
from commerce_hooks.schemas.envelope import Metadata, Resource
from commerce_hooks.state.readable import moment_in, readable
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreId
from upkeep.silence import Silence

SILENCE = "silence"
"""The kind of row: a silent store each, by its id."""
STORE_SILENT, STORE_HEARD = "store.silent", "store.heard"


@dataclass(frozen=True, slots=True)
class Episode:
    """A silence that was told of.

    Args:
        silence: As it was found last: what of it has come meanwhile is no longer in it.
        told_as: The id of the silence that was told.
        row: Where it is kept.
    """

    silence: Silence
    told_as: str
    row: Row


def episodes_in(table: StateTable, unreadable: Callable[[Row], None]) -> Mapping[StoreId, Episode]:
    """All that are kept; `unreadable` is told of each row that cannot be read.

    Raises:
        UnavailableError: They can't all be told.
    """
    found = readable(table.rows(SILENCE), _episode, unreadable)
    return {each.silence.store: each for each in found}


def keep(table: StateTable, silence: Silence, told_as: str, known: Episode | None) -> None:
    """Keep a silence as told, unless another run was faster: then it has kept the same.

    Raises:
        UnavailableError: It is not known to be kept.
    """
    row = known.row if known else Row(SILENCE, str(silence.store))
    table.write(row, {**silence.data, "told_as": told_as})


def silent_event(silence: Silence, deployment: str, moment: datetime) -> Event:
    """The event that a store has fallen silent."""
    return _event(STORE_SILENT, silence.store, silence.id, silence.data, deployment, moment)


def heard_event(episode: Episode, deployment: str, moment: datetime) -> Event:
    """The event that it is heard again: of the same episode, so `callback_id` is the same."""
    data: JsonObject = {"since": iso_utc(episode.silence.since)}
    return _event(STORE_HEARD, episode.silence.store, episode.told_as, data, deployment, moment)


def _event(
    detail_type: str,
    store: StoreId,
    episode: str,
    data: JsonObject,
    deployment: str,
    moment: datetime,
) -> Event:
    resource_type, _, action = detail_type.partition(".")
    metadata = Metadata(
        deployment=deployment,
        platform=store.platform,
        store=store.name,
        topic=None,
        resource=Resource(type=resource_type, id=str(store)),
        action=action,
        origin="schedule",
        callback_id=episode,
        event_id=f"{episode}.{action}",
        received_at=iso_utc(moment),
        content_sha256=sha256(b"").hexdigest(),
    )
    return Event(SYSTEM_SOURCE, detail_type, moment, metadata, data)


def _episode(row: Row) -> Episode:
    topics = row.data["topics"]
    silence = Silence(
        store=StoreId.parse(row.id),
        since=moment_in(row, "since"),
        hours=int(str(row.data["hours"])),
        everything=row.data["everything"] is True,
        topics=tuple(map(str, topics)) if isinstance(topics, list) else (),
    )
    return Episode(silence, str(row.data["told_as"]), row)
