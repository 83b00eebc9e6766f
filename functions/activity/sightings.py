"""A message of the queue as what it shows: a store was heard of, on a topic, by a key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from commerce_hooks.callback_urls import STORE_NAME, TOPIC_NAME
from commerce_hooks.state.seen import AccountSeen, Seen
from commerce_hooks.stores import StoreId

MAX_ACCOUNT_BYTES = 512
"""A longer identity is not noted: it becomes part of a row's id, which has 1,024 bytes (DynamoDB
developer guide, quotas of sort keys). A domain, the longest that a platform tells, has 253."""

Note: TypeAlias = Seen | AccountSeen
"""What one row keeps."""


def _full(pattern: str) -> StringConstraints:
    return StringConstraints(pattern=rf"^(?:{pattern})$")


# All of these become parts of rows' ids.
_Word = Annotated[str, _full(TOPIC_NAME.pattern)]
_Store = Annotated[str, _full(STORE_NAME.pattern)]


class _Told(BaseModel):
    """Only what is needed: an older or a newer envelope is as good."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Metadata(_Told):
    platform: _Word
    store: _Store
    account: str | None = None
    topic: _Word | None
    key_id: _Word | None = None
    event_id: str
    received_at: AwareDatetime


class _Detail(_Told):
    metadata: _Metadata


class _BusEvent(_Told):
    source: str
    detail_type: str = Field(alias="detail-type")
    detail: _Detail


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one event shows. `message_id` is the queue's name for the message."""

    message_id: str
    seen: Seen

    @property
    def notes(self) -> Iterator[Note]:
        """What is to be kept of it: that it came and, where the body told, whose shop it was."""
        yield self.seen
        account = self.seen.account
        if account and len(account.encode()) <= MAX_ACCOUNT_BYTES:
            yield AccountSeen(self.seen.store, account, self.seen.received_at)


class StrangeMessageError(Exception):
    """A message is no event of a platform's callback. Its text is not for the log."""


def sighting_in(record: Mapping[str, Any]) -> Sighting:
    """What a record of the queue shows.

    Raises:
        StrangeMessageError: It is none of ours; if it came again it would be no better.
    """
    try:
        event = _BusEvent.model_validate_json(record["body"])
    except ValidationError:
        # `from None`: pydantic's message holds the input.
        raise StrangeMessageError from None
    told = event.detail.metadata
    if event.source != f"commerce-hooks.{told.platform}":
        raise StrangeMessageError
    return Sighting(
        record["messageId"],
        Seen(
            store=StoreId(told.platform, told.store),
            topic=told.topic,
            key_id=told.key_id,
            received_at=told.received_at,
            detail_type=event.detail_type,
            event_id=told.event_id,
            account=told.account,
        ),
    )
