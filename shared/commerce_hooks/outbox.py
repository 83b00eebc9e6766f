"""The outbox: where waits what the bus did not take, in a queue or else in the bucket.

What waits is a letter: a text and attributes, the same in both places. An event's text is its
detail exactly as the bus would have got it. A genuine callback that has to be parked while the
bucket fails waits as its bytes in base64.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from commerce_hooks.callback import Callback, iso_utc
from commerce_hooks.deadline import BUCKET_SECONDS, QUEUE_SECONDS, Deadline
from commerce_hooks.errors import CommerceHooksError, UnavailableError
from commerce_hooks.parking import (
    PayloadBucket,
    RecordUnreadableError,
    attributes_of,
    moment,
    parked_callback,
)
from commerce_hooks.publishing import BusEntry, batches

OUTBOX_PREFIX = "outbox"
MAX_QUEUED_BYTES = 900_000
"""Larger letters wait in the bucket; SQS takes 1 MiB (SendMessage, API reference)."""
_EVENT, _CALLBACK = "event", "callback"
# Before the bytes, for SQS takes no empty text, and a body may be empty.
_BYTES = "base64,"


class LetterUnreadableError(CommerceHooksError):
    """A letter is not as this application writes them."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What waits. The text is ASCII: SQS refuses some characters, and none of those."""

    text: str
    attributes: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes as SQS counts them, with names, values and types of attributes."""
        types = len("String") * len(self.attributes)
        return len(self.text) + types + sum(len(k) + len(v) for k, v in self.attributes.items())


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event out of a letter, its detail untouched."""

    event_id: str
    source: str
    detail_type: str
    time: datetime
    detail: str


class OutboxQueue(Protocol):
    """The queue that letters wait in."""

    def put(self, letters: Sequence[Letter], seconds: float) -> Sequence[str | None]:
        """Queue so many as one call takes; the answer has an error code, or None, for each.

        Raises:
            UnavailableError: No good answer within `seconds`; they may be queued or not.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where receivers leave what has to wait."""

    queue: OutboxQueue
    bucket: PayloadBucket

    def put(self, entries: Sequence[BusEntry], until: Deadline) -> None:
        """Keep events: in the queue, and those that it does not take in the bucket, as one object.

        Raises:
            UnavailableError: Neither took all of them.
        """
        kept = _Unqueued(self.queue, until.sparing(QUEUE_SECONDS)).of(entries)
        if kept:
            key = _key(kept[0])
            body = dump([letter_of_event(entry) for entry in kept])
            self.bucket.put(key, body, {}, until.within(BUCKET_SECONDS).remaining())

    def keep(self, callback: Callback, until: Deadline) -> None:
        """Keep a callback's bytes in the queue; this is for while the bucket fails.

        Raises:
            UnavailableError: The queue did not take them, or they are too many for it.
        """
        letter = letter_of_callback(callback)
        if letter.size > MAX_QUEUED_BYTES:
            raise UnavailableError("queue", "TooLarge", may_pass=False)
        (code,) = self.queue.put([letter], until.within(QUEUE_SECONDS).remaining())
        if code:
            raise UnavailableError("queue", code)


@dataclass(frozen=True, slots=True)
class _Unqueued:
    """Queues events, until the queue fails or time is up."""

    queue: OutboxQueue
    until: Deadline

    def of(self, entries: Sequence[BusEntry]) -> list[BusEntry]:
        """Queue them; those that are not known to be queued come back."""
        letters = [(entry, letter_of_event(entry)) for entry in entries]
        left = [entry for entry, letter in letters if letter.size > MAX_QUEUED_BYTES]
        small = [pair for pair in letters if pair[1].size <= MAX_QUEUED_BYTES]
        for batch in batches(small, lambda pair: pair[1].size):
            codes = self._codes([letter for _, letter in batch])
            left += [entry for (entry, _), code in zip(batch, codes, strict=True) if code]
        return left

    def _codes(self, letters: Sequence[Letter]) -> Sequence[str | None]:
        seconds = self.until.remaining()
        if seconds <= 0:
            return ["deadline"] * len(letters)
        try:
            return self.queue.put(letters, seconds)
        except UnavailableError as error:
            return [error.cause] * len(letters)


def letter_of_event(entry: BusEntry) -> Letter:
    return Letter(
        entry.detail,
        {
            "kind": _EVENT,
            "event-id": entry.event_id,
            "source": entry.source,
            "detail-type": entry.detail_type,
            "time": iso_utc(entry.time),
        },
    )


def letter_of_callback(callback: Callback) -> Letter:
    about = {"kind": _CALLBACK, **attributes_of(callback)}
    # SQS refuses attributes without a value.
    filled = {name: value for name, value in about.items() if value}
    return Letter(_BYTES + b64encode(callback.body).decode(), filled)


def opened(letter: Letter) -> WaitingEvent | Callback:
    """What a letter is about.

    Raises:
        LetterUnreadableError: It is not one of ours.
    """
    about = letter.attributes
    try:
        if about["kind"] == _CALLBACK:
            return parked_callback(about, _bytes(letter.text))
        return WaitingEvent(
            event_id=about["event-id"],
            source=about["source"],
            detail_type=about["detail-type"],
            time=moment(about["time"]),
            detail=letter.text,
        )
    except KeyError as error:
        raise LetterUnreadableError(f"no attribute {error.args[0]}") from error
    except (TypeError, ValueError, RecordUnreadableError) as error:
        raise LetterUnreadableError("a malformed attribute or text") from error


def _bytes(text: str) -> bytes:
    if not text.startswith(_BYTES):
        raise ValueError("no bytes")
    return b64decode(text.removeprefix(_BYTES), validate=True)


def dump(letters: Sequence[Letter]) -> bytes:
    """Letters as the bucket holds them."""
    written = [{"text": letter.text, "attributes": dict(letter.attributes)} for letter in letters]
    return json.dumps({"letters": written}, separators=(",", ":")).encode()


def parse(body: bytes) -> list[Letter]:
    """The letters of an object in the bucket.

    Raises:
        LetterUnreadableError: It holds none.
    """
    try:
        return [_letter(one) for one in json.loads(body)["letters"]]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LetterUnreadableError("the object holds no letters") from error


def _letter(written: Any) -> Letter:
    text, attributes = written["text"], written["attributes"]
    if not all(isinstance(each, str) for each in (text, *attributes, *attributes.values())):
        raise TypeError("a letter is text")
    return Letter(text, attributes)


def _key(first: BusEntry) -> str:
    """Under the platform, so that its function's role covers it; ids make it unique."""
    platform = first.source.rpartition(".")[2]
    day = iso_utc(first.time).partition("T")[0]
    return f"{OUTBOX_PREFIX}/{platform}/{day}/{first.event_id}.json"
