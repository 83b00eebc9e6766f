"""A message of the queue as what it shows: a topic, a shape, and the callback that had it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from commerce_hooks.callback_urls import STORE_NAME, TOPIC_NAME
from commerce_hooks.platform import UNRECOGNIZED
from commerce_hooks.schemas.envelope import StoredPayload
from shapes.shapes import Pair, shape_of

UNRECOGNIZED_TOPIC = "unrecognized"
"""Where bodies are noted whose topic we don't know: whatever they call it, it is one set."""


class WatchedTopic(NamedTuple):
    """What a set is kept for."""

    platform: str
    name: str

    @property
    def key(self) -> str:
        """Where the set lies in the payload bucket."""
        return f"shapes/{self.platform}/{self.name}.json"


def _full(pattern: str) -> StringConstraints:
    return StringConstraints(pattern=rf"^(?:{pattern})$")


# Both become part of an object's key.
_PlatformName = Annotated[str, _full("[a-z][a-z0-9_]{0,62}")]
_TopicName = Annotated[str, _full(TOPIC_NAME.pattern)]


class _Seen(BaseModel):
    """Only what is needed: an older or a newer envelope is as good."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class CallbackMetadata(_Seen):
    """Of an event's metadata, what is told of the callback behind it."""

    platform: _PlatformName
    store: Annotated[str, _full(STORE_NAME.pattern)]
    backed_by: str | None = None
    topic: _TopicName | None
    callback_id: str
    event_id: str
    received_at: AwareDatetime
    content_sha256: str
    payload: Literal["inline"] | StoredPayload


class _Detail(_Seen):
    metadata: CallbackMetadata
    data: dict[str, Any]


class _BusEvent(_Seen):
    source: str
    detail_type: str = Field(alias="detail-type")
    detail: _Detail


@dataclass(frozen=True, slots=True)
class Sighting:
    """The shape of one event's data. `message_id` is the queue's name for the message."""

    message_id: str
    topic: WatchedTopic
    metadata: CallbackMetadata
    shape: frozenset[Pair]


class StrangeMessageError(Exception):
    """A message is no event of a platform's callback. Its text is not for the log."""


def sighting_in(record: Mapping[str, Any]) -> Sighting | None:
    """What a record of the queue shows; None if its data lies in the bucket, not in the event.

    Raises:
        StrangeMessageError: It is none of ours; if it came again it would be no better.
    """
    try:
        event = _BusEvent.model_validate_json(record["body"])
    except ValidationError:
        # `from None`: pydantic's message holds the input.
        raise StrangeMessageError from None
    metadata = event.detail.metadata
    if event.source != f"commerce-hooks.{metadata.platform}":
        raise StrangeMessageError
    if metadata.payload != "inline":
        return None
    known = metadata.topic if event.detail_type != UNRECOGNIZED else None
    return Sighting(
        message_id=record["messageId"],
        topic=WatchedTopic(metadata.platform, known or UNRECOGNIZED_TOPIC),
        metadata=metadata,
        shape=shape_of(event.detail.data),
    )
