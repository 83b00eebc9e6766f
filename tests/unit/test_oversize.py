"""Events above the limit refer to their data; below it they are left alone."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import Event
from commerce_hooks.oversize import fitted
from commerce_hooks.schemas.envelope import Metadata, StoredPayload
from support.receiving import MemoryBucket

LIMIT = 2_000


def event(note: str) -> Event:
    metadata = Metadata(
        deployment="test/unit",
        platform="konimbo",
        store="acme",
        topic="order_created",
        action="created",
        callback_id="c",
        event_id="c.0",
        received_at="2026-03-09T23:59:59.999Z",
        content_sha256="0" * 64,
    )
    time = datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC)
    return Event(
        "commerce-hooks.konimbo",
        "order.created",
        time,
        metadata,
        data={"order": {"id": 1, "note": note}},
    )


def of_size(size: int) -> Event:
    return event("x" * (size - len(event("").detail)))


def test_an_event_of_exactly_the_limit_stays_as_it_is() -> None:
    bucket = MemoryBucket()
    largest = of_size(LIMIT)

    assert fitted(largest, bucket, LIMIT) is largest
    assert bucket.objects == {}


def test_of_an_event_one_byte_larger_the_data_is_in_the_bucket() -> None:
    bucket = MemoryBucket()
    large = of_size(LIMIT + 1)

    fit = fitted(large, bucket, LIMIT)

    (key,) = bucket.objects
    payload = fit.metadata.payload
    assert isinstance(payload, StoredPayload)
    assert key == payload.stored.key == "oversize/konimbo/acme/2026-03-09/c.0.json"
    assert json.loads(bucket.objects[key]) == large.data
    assert payload.stored.sha256 == sha256(bucket.objects[key]).hexdigest()
    assert payload.stored.size == len(bucket.objects[key])
    assert fit == replace(large, data={}, metadata=fit.metadata)
    assert len(fit.detail) < LIMIT


def test_the_size_is_that_of_the_bytes_not_of_the_characters() -> None:
    hebrew = event("ש" * 400)

    assert len(json.dumps(hebrew.data, ensure_ascii=False)) < LIMIT < len(hebrew.detail)
    assert fitted(hebrew, MemoryBucket(), LIMIT).data == {}


def test_while_the_bucket_fails_a_large_event_goes_out_as_it_is() -> None:
    large = of_size(LIMIT + 1)

    assert fitted(large, MemoryBucket(failing=True), LIMIT) is large


def test_while_the_bucket_fails_what_the_bus_would_not_take_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        fitted(of_size(1_000_001), MemoryBucket(failing=True), LIMIT)
