"""The bucket's answers: a page and the next, tags, what is gone, and what is a failure."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from commerce_hooks.aws import Patience
from commerce_hooks.errors import UnavailableError
from commerce_hooks.listing import Listed, Page
from support.receiving import FakeClock
from upkeep.aws import S3ListedBucket

KEPT_AT = datetime(2026, 3, 9, tzinfo=UTC)


class AnsweringS3:
    """S3 that answers each call with the next of these, or refuses it with a code."""

    def __init__(self, *answers: dict[str, Any] | str) -> None:
        self.answers = list(answers)
        self.calls: list[dict[str, Any]] = []

    def list_objects_v2(self, **call: Any) -> dict[str, Any]:
        return self._answer(call)

    def get_object_tagging(self, **call: Any) -> dict[str, Any]:
        return self._answer(call)

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(call)
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            raise ClientError({"Error": {"Code": answer}}, "Call")
        return answer


def bucket(client: Any) -> S3ListedBucket:
    clock = FakeClock()
    return S3ListedBucket("payloads", lambda: client, Patience(clock, clock.sleep))


def test_a_listing_is_read_page_by_page() -> None:
    contents = {"Contents": [{"Key": "outbox/a", "LastModified": KEPT_AT, "Size": 1}]}
    client = AnsweringS3({**contents, "NextContinuationToken": "further"}, {})
    listed = bucket(client)

    first, second = listed.page("outbox/", None, 3), listed.page("outbox/", "further", 3)

    assert first == Page([Listed("outbox/a", KEPT_AT, 1)], "further")
    assert second == Page([], None)
    assert client.calls == [
        {"Bucket": "payloads", "Prefix": "outbox/"},
        {"Bucket": "payloads", "Prefix": "outbox/", "ContinuationToken": "further"},
    ]


@pytest.mark.parametrize(
    ("tags", "is_open"),
    [
        ({}, True),
        ({"state": "done"}, False),
        ({"team": "shop", "state": "done", "replayed-at": "2026"}, False),
        ({"state": "DONE"}, True),
        ({"other": "done"}, True),
    ],
)
def test_done_is_what_is_tagged_so(tags: dict[str, str], *, is_open: bool) -> None:
    client = AnsweringS3({"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})

    assert bucket(client).is_open("quarantine/a", 3) is is_open
    assert client.calls == [{"Bucket": "payloads", "Key": "quarantine/a"}]


def test_what_is_gone_is_not_open() -> None:
    assert not bucket(AnsweringS3("NoSuchKey")).is_open("quarantine/a", 3)


def test_what_fails_in_passing_is_tried_again() -> None:
    assert bucket(AnsweringS3("SlowDown", {})).page("bulk/", None, 3) == Page([], None)
    assert bucket(AnsweringS3("SlowDown", {"TagSet": []})).is_open("quarantine/a", 3)


def test_a_missing_right_is_a_failure_and_never_an_empty_bucket() -> None:
    with pytest.raises(UnavailableError, match="bucket: AccessDenied"):
        bucket(AnsweringS3("AccessDenied")).page("bulk/", None, 3)
    with pytest.raises(UnavailableError, match="bucket: AccessDenied"):
        bucket(AnsweringS3("AccessDenied")).is_open("quarantine/a", 3)
