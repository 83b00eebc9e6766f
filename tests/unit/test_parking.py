"""What is kept of a callback, and the callback read back from it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from commerce_hooks.callback import Callback
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.parking import (
    QUARANTINE_PREFIX,
    RecordUnreadableError,
    park,
    parked_callback,
)
from support.receiving import MemoryBucket

CALLBACK = Callback(
    target=CallbackTarget("konimbo", "acme", "order_created"),
    callback_id="00000000-0000-4000-8000-000000000001",
    received_at=datetime(2026, 3, 9, 12, 30, 15, 123_000, tzinfo=UTC),
    content_type="application/json",
    body=b'{"order": {"id": 1}}',
)


def kept(callback: Callback) -> tuple[dict[str, str], bytes]:
    bucket = MemoryBucket()
    stored = park(bucket, callback, QUARANTINE_PREFIX, "invalid", 1.0)
    return bucket.attributes[stored.key], bucket.objects[stored.key]


@pytest.mark.parametrize(
    "callback",
    [
        CALLBACK,
        replace(CALLBACK, target=CallbackTarget("centry", "acme")),
        replace(CALLBACK, target=CallbackTarget("cenit", "front"), backed_by="konimbo/acme"),
        replace(CALLBACK, body=b"", content_type=""),
    ],
    ids=["topic", "no topic", "backed", "empty"],
)
def test_what_is_parked_is_read_back_as_it_was(callback: Callback) -> None:
    assert parked_callback(*kept(callback)) == callback


def test_the_moment_stays_the_same_whatever_the_offset() -> None:
    elsewhere = CALLBACK.received_at.astimezone(timezone(timedelta(hours=-3)))

    again = parked_callback(*kept(replace(CALLBACK, received_at=elsewhere)))

    assert again.received_at == CALLBACK.received_at


def test_attributes_without_text_may_be_gone() -> None:
    bare = replace(CALLBACK, target=CallbackTarget("centry", "acme"), content_type="")
    attributes, body = kept(bare)

    assert parked_callback({k: v for k, v in attributes.items() if v}, body) == bare


@pytest.mark.parametrize("name", ["platform", "store", "callback-id", "received-at"])
def test_a_record_that_lacks_an_attribute_says_which(name: str) -> None:
    attributes, body = kept(CALLBACK)
    del attributes[name]

    with pytest.raises(RecordUnreadableError, match=f"no attribute {name}"):
        parked_callback(attributes, body)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-09T12:30:15"])
def test_a_record_without_a_definite_time_is_unreadable(text: str) -> None:
    attributes, body = kept(CALLBACK)

    with pytest.raises(RecordUnreadableError, match="received-at is no time"):
        parked_callback({**attributes, "received-at": text}, body)
