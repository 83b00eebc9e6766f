"""A genuine callback to the events it becomes. Pure: no clock, no network."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from commerce_hooks.callback import Callback, iso_utc
from commerce_hooks.callback_urls import TOPIC_NAME
from commerce_hooks.decoding import JsonObject, JsonValue, decode_object
from commerce_hooks.errors import Problem, QuarantineError, Reason
from commerce_hooks.platform import QUARANTINED, UNRECOGNIZED, Platform, Topic
from commerce_hooks.schemas.callback_body import CallbackBody
from commerce_hooks.schemas.envelope import Metadata, Resource, StoredObject, StoredPayload
from commerce_hooks.validation import validated

MAX_EVENTS = 50
"""More from one callback would not fit the time it may take: the body is kept instead."""


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


@dataclass(frozen=True)
class EventBuilder:
    """Builds the events of one platform's callbacks."""

    platform: Platform
    deployment: str

    def events(self, callback: Callback) -> Sequence[Event]:
        """The events that the callback's body becomes.

        Raises:
            QuarantineError: The body is unreadable, invalid, about another topic, or too much.
        """
        body = decode_object(callback.body)
        name = self._topic_name(callback, body)
        topic = self.platform.topics.get(name)
        if topic is None:
            return (self._unrecognized(callback, name, body),)
        parts = topic.parts(body)
        if not parts:
            raise QuarantineError(Reason.INVALID, (Problem((), "no_events"),))
        if len(parts) > MAX_EVENTS:
            raise QuarantineError(Reason.TOO_MANY_EVENTS)
        return [self._event(callback, topic, index, data) for index, data in enumerate(parts)]

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

    def _topic_name(self, callback: Callback, body: JsonObject) -> str:
        if self.platform.topic_field is None:
            return callback.target.topic or ""
        name = body.get(self.platform.topic_field)
        if isinstance(name, str) and name:
            return name
        kind = "missing" if name is None else "string_type"
        raise QuarantineError(Reason.INVALID, (Problem((self.platform.topic_field,), kind),))

    def _unrecognized(self, callback: Callback, name: str, body: JsonObject) -> Event:
        topic = name if TOPIC_NAME.fullmatch(name) else None
        return self._build(callback, UNRECOGNIZED, topic, "0", body)

    def _event(self, callback: Callback, topic: Topic, index: int, data: JsonObject) -> Event:
        body = validated(topic.schema, data)
        about = self._about(topic, callback.target.store, body)
        return self._build(callback, topic.detail_type, topic.name, str(index), data, **about)

    def _about(self, topic: Topic, store: str, body: CallbackBody) -> dict[str, Any]:
        """What the body adds to the metadata."""
        id_ = body.resource_id
        fact = f"{self.platform.name}/{store}/{topic.detail_type}/{id_}"
        return {
            "account": body.account,
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
        metadata = Metadata(
            deployment=self.deployment,
            platform=self.platform.name,
            store=callback.target.store,
            topic=topic,
            action=detail_type.partition(".")[2],
            callback_id=callback.callback_id,
            event_id=f"{callback.callback_id}.{suffix}",
            received_at=iso_utc(callback.received_at),
            content_sha256=callback.sha256,
            **more,
        )
        return Event(self.platform.source, detail_type, callback.received_at, metadata, data)


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
    return word if TOPIC_NAME.fullmatch(word) else None


def _moment(text: str | None) -> str | None:
    """A platform's time in our form; None where it is unreadable or has no offset."""
    try:
        moment = datetime.fromisoformat(text or "")
        return iso_utc(moment) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
