"""A genuine callback to the events it becomes. Pure: no clock, no network."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from commerce_hooks.callback import Callback, iso_utc
from commerce_hooks.callback_urls import TOPIC_NAME
from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.errors import Problem, QuarantineError, Reason
from commerce_hooks.forbidden_numbers import without_numbers
from commerce_hooks.personal_data import masked, without_forbidden
from commerce_hooks.platform import (
    QUARANTINED,
    SYNTHETIC,
    SYNTHETIC_STORE,
    UNRECOGNIZED,
    Platform,
    Topic,
)
from commerce_hooks.reading import Contents, read
from commerce_hooks.schemas.callback_body import CallbackBody
from commerce_hooks.schemas.envelope import Metadata, Resource, StoredObject, StoredPayload
from commerce_hooks.validation import validated

MAX_EVENTS = 50
"""More from one callback would not fit the time it may take: a job publishes them."""
MAX_PROBLEMS = 100
"""So many of a body's problems are told; a long list tells no more."""


@dataclass(frozen=True)
class Event:
    """One entry for the bus. `time` is when the callback came in, so that replays select by it."""

    source: str
    detail_type: str
    time: datetime
    metadata: Metadata
    data: JsonObject

    @property
    def event_id(self) -> str:
        return self.metadata.event_id

    @property
    def resource_id(self) -> str | None:
        return self.metadata.resource.id if self.metadata.resource else None

    @cached_property
    def detail(self) -> str:
        """The JSON as it goes out: ASCII, so that characters and bytes count the same."""
        detail = {"metadata": self.metadata.model_dump(mode="json"), "data": self.data}
        return json.dumps(detail, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Built:
    """The events of a callback, and why others of its parts became none.

    Args:
        several: The callback has more than one part, so problems say of which.
    """

    events: Sequence[Event]
    refusal: QuarantineError | None = None
    several: bool = False

    def refusal_with(self, refused: Mapping[str, str]) -> QuarantineError | None:
        """The same, with the events that the bus will never take (id to code) among the others."""
        if not refused:
            return self.refusal
        problems = [
            Problem((int(id_.rpartition(".")[2]),) if self.several else (), code)
            for id_, code in refused.items()
        ]
        more = self.refusal.problems if self.refusal else ()
        return QuarantineError(Reason.REFUSED_BY_BUS, [*problems, *more][:MAX_PROBLEMS])


@dataclass(frozen=True)
class EventBuilder:
    """Builds the events of one platform's callbacks; `masked` hides personal data in them."""

    platform: Platform
    deployment: str
    masked: bool = False

    def events(self, callback: Callback) -> Built:
        """All events that the callback's body becomes.

        Raises:
            QuarantineError: The body is unreadable, names no topic, or holds nothing.
        """
        return self.built(callback, read(self.platform, callback))

    def built(
        self, callback: Callback, contents: Contents, start: int = 0, stop: int | None = None
    ) -> Built:
        """The events of the parts from `start` to before `stop`; one bad part spoils no other."""
        events: list[Event] = []
        refused: dict[int, QuarantineError] = {}
        for index, part in enumerate(contents.parts[start:stop], start):
            try:
                events.append(self._part(callback, contents, index, part))
            except QuarantineError as error:
                refused[index] = error
        several = len(contents.parts) > 1
        return Built(events, _refusal(refused, several=several), several)

    def _part(self, callback: Callback, contents: Contents, index: int, part: JsonObject) -> Event:
        if contents.topic:
            return self.event(callback, contents.topic, index, part)
        topic = _word(contents.topic_name)
        return self._build(callback, UNRECOGNIZED, topic, str(index), self.shown(None, part))

    def event(self, callback: Callback, topic: Topic, index: int, data: JsonObject) -> Event:
        """One event of a known topic; `index` makes its id.

        Raises:
            QuarantineError: The data is invalid, or about another topic.
        """
        body = validated(topic.schema, data)
        about = self._about(topic, callback.target.store, body)
        shown = self.shown(topic.schema, data)
        return self._build(callback, topic.detail_type, topic.name, str(index), shown, **about)

    def shown(self, schema: type[CallbackBody] | None, data: JsonObject) -> JsonObject:
        """The data as consumers get it: published as parsed, but for what must not go out."""
        allowed = without_forbidden(data, schema)
        return masked(schema, allowed) if self.masked else allowed

    def quarantined(
        self, callback: Callback, error: QuarantineError, stored: StoredObject
    ) -> Event:
        """The event that points to a body in quarantine. The body's values stay there."""
        payload = StoredPayload(stored=stored)
        topic = callback.target.topic
        data: JsonObject = {
            "reason": error.reason.value,
            "errors": problems_as_json(error.problems),
        }
        return self._build(callback, QUARANTINED, topic, "q", data, payload=payload)

    def _about(self, topic: Topic, store: str, body: CallbackBody) -> dict[str, Any]:
        """What the body adds to the metadata."""
        id_ = body.resource_id
        fact = f"{self.platform.name}/{store}/{topic.detail_type}/{id_}"
        return {
            "account": body.account and without_numbers(body.account),
            "reported_topic": _reported_topic(self.platform, topic, body.reported_topic),
            "resource": Resource(type=topic.resource_type, id=id_) if id_ else None,
            "dedup_key": fact if topic.once and id_ else None,
            "occurred_at": _moment(body.occurred_at),
        }

    def _build(
        self,
        callback: Callback,
        detail_type: str,
        topic: str | None,
        suffix: str,
        data: JsonObject,
        **more: Any,
    ) -> Event:
        if callback.target.store == SYNTHETIC_STORE:
            detail_type = SYNTHETIC
        metadata = Metadata(
            deployment=self.deployment,
            platform=self.platform.name,
            store=callback.target.store,
            backed_by=callback.backed_by,
            topic=topic,
            action=detail_type.partition(".")[2],
            key_id=callback.key_id,
            callback_id=callback.callback_id,
            event_id=f"{callback.callback_id}.{suffix}",
            received_at=iso_utc(callback.received_at),
            content_sha256=callback.sha256,
            **more,
        )
        return Event(self.platform.source, detail_type, callback.received_at, metadata, data)


def _refusal(refused: Mapping[int, QuarantineError], *, several: bool) -> QuarantineError | None:
    """One error for all parts that were refused; of several parts, the places begin with which."""
    if not refused:
        return None
    problems = [
        Problem((index, *problem.loc), problem.type) if several else problem
        for index, error in refused.items()
        for problem in error.problems
    ]
    return QuarantineError(next(iter(refused.values())).reason, problems[:MAX_PROBLEMS])


def problems_as_json(problems: Sequence[Problem]) -> list[JsonValue]:
    return [{"loc": list(problem.loc), "type": problem.type} for problem in problems]


def _reported_topic(platform: Platform, topic: Topic, word: str | None) -> str | None:
    """The body's own word for its topic, if it is not the URL's.

    Raises:
        QuarantineError: The word is known and means another kind of thing.
    """
    known = word and platform.topic_called(word)
    if not word or known is topic:
        return None
    if known and not known.same_kind(topic):
        raise QuarantineError(Reason.TOPIC_MISMATCH)
    return _word(word)


def _word(text: str) -> str | None:
    """The body's own word for a topic, if it is one: it goes out beside the data."""
    return text if TOPIC_NAME.fullmatch(text) and without_numbers(text) == text else None


def _moment(text: str | None) -> str | None:
    """A platform's time in our form; None where it is unreadable or has no offset."""
    try:
        moment = datetime.fromisoformat(text or "")
        return iso_utc(moment) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
