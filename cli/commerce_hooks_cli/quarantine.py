"""The records in quarantine: found in the payload bucket, read, and marked done."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from commerce_hooks.callback import iso_utc
from commerce_hooks.parking import (
    DONE,
    QUARANTINE_PREFIX,
    SENSITIVE_PREFIX,
    STATE_TAG,
    RecordUnreadableError,
    parked_callback,
    parked_key,
)
from commerce_hooks_cli.aws import error_code
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.program import command_to_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef, TagTypeDef

    from commerce_hooks.callback import Callback
    from commerce_hooks_cli.quarantine_selection import Selection

SHORTEST_ID = 8
"""So many characters of an id have to be given, if no other id begins with them."""
_REPLAYED_AT, _DISCARDED_AT = "replayed-at", "discarded-at"
# Of the header x-amz-expiration, which S3 sends where a lifecycle rule is for this very object,
# its tags included (HeadObject, API reference).
_EXPIRY = re.compile(r'expiry-date="([^"]+)"')
# Fewer than the connections that a client of boto3 keeps open.
_AT_ONCE = 8
_CHUNK = 8 * _AT_ONCE
_GONE = {"404", "NoSuchKey"}


@dataclass(frozen=True)
class Place:
    """What the bucket's listing tells of a record."""

    key: str
    platform: str
    store: str
    day: str
    callback_id: str
    size: int
    kept_at: datetime

    @classmethod
    def parse(cls, listed: ObjectTypeDef) -> Self | None:
        """None for what no record is called."""
        match listed["Key"].split("/"):
            case [_, platform, store, day, callback_id]:
                size, kept_at = listed["Size"], listed["LastModified"]
                return cls(listed["Key"], platform, store, day, callback_id, size, kept_at)
        return None


@dataclass(frozen=True)
class Record:
    """A callback in quarantine, without its body.

    Args:
        replayed_at: Where it is done, and became events.
        discarded_at: Where it is done without.
        expires_at: When a lifecycle rule will delete it; None if none will, as things stand.
    """

    place: Place
    received_at: datetime
    reason: str
    topic: str | None = None
    content_type: str = ""
    done: bool = False
    replayed_at: str | None = None
    discarded_at: str | None = None
    expires_at: datetime | None = None

    @property
    def callback_id(self) -> str:
        return self.place.callback_id

    @property
    def state(self) -> str:
        return "done" if self.done else "waiting"

    @property
    def fate(self) -> str:
        """The state, and of what is done, how: one that was discarded may be replayed later."""
        if not self.done:
            return self.state
        if self.replayed_at:
            return "replayed"
        return "discarded" if self.discarded_at else self.state

    def as_json(self) -> dict[str, Any]:
        return {
            "callback_id": self.callback_id,
            "received_at": iso_utc(self.received_at),
            "platform": self.place.platform,
            "store": self.place.store,
            "topic": self.topic,
            "reason": self.reason,
            "content_type": self.content_type,
            "size": self.place.size,
            "key": self.place.key,
            "state": self.state,
            "replayed_at": self.replayed_at,
            "discarded_at": self.discarded_at,
            "expires_at": self.expires_at and iso_utc(self.expires_at),
        }


class QuarantineRecords:
    """The quarantine of one deployment."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def newest(self, selection: Selection, limit: int | None = None) -> list[Record]:
        """The newest records that are selected, at most `limit`, in the order they came in."""
        places = [p for p in self._listed(selection.folder) if selection.may_take(p)]
        places.sort(key=lambda place: (place.day, place.kept_at), reverse=True)
        found: list[Record] = []
        for record in self._read(places):
            if selection.takes(record):
                found.append(record)
            if len(found) == limit:
                break
        return sorted(found, key=lambda record: (record.received_at, record.place.kept_at))

    def called(self, ids: Sequence[str]) -> list[Record]:
        """The records with these ids, or beginnings of ids, each once.

        Raises:
            CommandError: One is of no record, or of several.
        """
        for id_ in ids:
            if len(id_) < SHORTEST_ID:
                raise BadUsageError(
                    f"{id_!r} is too short for a callback's id.",
                    f"Give {SHORTEST_ID} characters or more.",
                )
        places = list(self._listed(""))
        meant = dict.fromkeys(_only(id_, places) for id_ in ids)
        found = list(self._read(list(meant)))
        if len(found) < len(meant):
            raise CommandError("A record has expired this very moment.", "Look again.")
        return found

    def of(self, callback_id: str) -> Record | None:
        """The record of this callback, if there is one."""
        places = [place for place in self._listed("") if place.callback_id == callback_id]
        return next(self._read(places), None)

    def callback(self, record: Record) -> Callback:
        """The callback as it came in.

        Raises:
            RecordUnreadableError: It cannot be told from what is kept.
        """
        kept = self._s3.get_object(Bucket=self._bucket, Key=record.place.key)
        callback = parked_callback(kept["Metadata"], kept["Body"].read())
        # A function may write under its own platform only, so the key vouches for the rest.
        if not record.place.key.endswith(parked_key("", callback)):
            raise RecordUnreadableError("the record's attributes are not those of its key")
        return callback

    def again(self, record: Record) -> Record:
        """The record in the state that it is in now."""
        tags = {tag["Key"]: tag["Value"] for tag in self._tags(record.place.key)}
        return replace(
            record,
            done=tags.get(STATE_TAG) == DONE,
            replayed_at=tags.get(_REPLAYED_AT),
            discarded_at=tags.get(_DISCARDED_AT),
        )

    def mark_done(self, record: Record, now: datetime) -> None:
        """Remember that all its events are on the bus. The record stays until it expires."""
        self._tag(record, {STATE_TAG: DONE, _REPLAYED_AT: iso_utc(now)})

    def discard(self, record: Record, now: datetime) -> None:
        """Remember that nobody wants its events. It, too, stays until it expires."""
        self._tag(record, {STATE_TAG: DONE, _DISCARDED_AT: iso_utc(now)})

    def _tag(self, record: Record, ours: Mapping[str, str]) -> None:
        # All of an object's tags are replaced at once, and others may have set some.
        others = [tag for tag in self._tags(record.place.key) if tag["Key"] not in ours]
        tags: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in ours.items()]
        self._s3.put_object_tagging(
            Bucket=self._bucket, Key=record.place.key, Tagging={"TagSet": [*others, *tags]}
        )

    def _listed(self, folder: str) -> Iterator[Place]:
        paginator = self._s3.get_paginator("list_objects_v2")
        for prefix in (QUARANTINE_PREFIX, SENSITIVE_PREFIX):
            for page in paginator.paginate(Bucket=self._bucket, Prefix=f"{prefix}/{folder}"):
                yield from filter(None, map(Place.parse, page.get("Contents", [])))

    def _read(self, places: Sequence[Place]) -> Iterator[Record]:
        """The records there, in the same order; those that expired meanwhile are left out."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for start in range(0, len(places), _CHUNK):
                chunk = places[start : start + _CHUNK]
                yield from filter(None, pool.map(self._record, chunk))

    def _record(self, place: Place) -> Record | None:
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=place.key)
            kept = head["Metadata"]
            record = Record(
                place,
                _received_at(kept, place),
                reason=kept.get("reason", "-"),
                topic=kept.get("topic") or None,
                content_type=kept.get("content-type", ""),
                expires_at=_expires_at(head.get("Expiration", "")),
            )
            return self.again(record)
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise

    def _tags(self, key: str) -> list[TagTypeDef]:
        return self._s3.get_object_tagging(Bucket=self._bucket, Key=key)["TagSet"]


def how_done(record: Record) -> str:
    """How a record was dealt with, and when."""
    when = record.replayed_at or record.discarded_at
    return f"{record.fate} at {when}" if when else record.fate


def _received_at(attributes: dict[str, str], place: Place) -> datetime:
    """As the record says; where it doesn't, when the bucket got it: people want to see it all."""
    with suppress(KeyError, ValueError):
        moment = datetime.fromisoformat(attributes["received-at"])
        if moment.tzinfo:
            return moment
    return place.kept_at


def _expires_at(told: str) -> datetime | None:
    """By what S3 says beside an object: `expiry-date="...", rule-id="..."`, or nothing."""
    with suppress(ValueError):
        if found := _EXPIRY.search(told):
            return parsedate_to_datetime(found[1]).astimezone(UTC)
    return None


def _only(id_: str, places: Iterable[Place]) -> Place:
    found = [place for place in places if place.callback_id.startswith(id_)]
    whole = [place for place in found if place.callback_id == id_]
    match whole or found:
        case [place]:
            return place
        case []:
            raise CommandError(
                f"Nothing in quarantine has the id {id_!r}.",
                f"`{command_to_type()} quarantine list --all` shows what there is. Records expire.",
            )
        case several:
            raise BadUsageError(
                f"{len(several)} ids begin with {id_!r}.",
                "Give more of it: " + ", ".join(place.callback_id for place in several[:5]),
            )
