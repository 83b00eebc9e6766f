"""The bucket's answers: what is there, what isn't, who was faster, and what is a failure."""

from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from commerce_hooks.aws import Patience
from commerce_hooks.errors import UnavailableError
from shapes.aws import S3ShapeStore
from shapes.shapes import NOTHING
from support.receiving import FakeClock
from support.shapes import ORDERS


class RefusingS3:
    """S3 that answers each call with the next of these codes, or well."""

    def __init__(self, *codes: str, body: bytes = b"{}") -> None:
        self.codes = list(codes)
        self.body = body
        self.puts: list[dict[str, Any]] = []

    def get_object(self, **_: str) -> dict[str, Any]:
        self._refuse("GetObject")
        return {"Body": BytesIO(self.body), "ETag": '"v1"'}

    def put_object(self, **put: Any) -> None:
        self.puts.append(put)
        self._refuse("PutObject")

    def _refuse(self, operation: str) -> None:
        if self.codes:
            raise ClientError({"Error": {"Code": self.codes.pop(0)}}, operation)


def store(client: Any) -> S3ShapeStore:
    clock = FakeClock()
    return S3ShapeStore(client, "payloads", Patience(clock, clock.sleep))


@pytest.mark.parametrize("code", ["NoSuchKey", "AccessDenied"])
def test_a_missing_set_is_an_empty_one_however_s3_says_so(code: str) -> None:
    assert store(RefusingS3(code)).read(ORDERS, 3) == (NOTHING, None)


def test_a_new_set_is_written_only_where_there_is_none() -> None:
    client = RefusingS3()

    assert store(client).write(ORDERS, NOTHING, None, 3)

    (put,) = client.puts
    assert put["IfNoneMatch"] == "*"
    assert "IfMatch" not in put
    assert put["Key"] == "shapes/konimbo/order_created.json"


def test_a_known_set_is_written_only_over_the_version_that_was_read() -> None:
    client = RefusingS3()
    kept = store(client)

    assert kept.write(ORDERS, NOTHING, kept.read(ORDERS, 3).version, 3)

    (put,) = client.puts
    assert put["IfMatch"] == '"v1"'
    assert "IfNoneMatch" not in put


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"])
def test_a_write_that_somebody_else_forestalled_is_told_and_not_repeated(code: str) -> None:
    client = RefusingS3(code)

    assert not store(client).write(ORDERS, NOTHING, '"v1"', 3)
    assert len(client.puts) == 1


def test_what_fails_in_passing_is_tried_again() -> None:
    assert store(RefusingS3("SlowDown", "InternalError")).read(ORDERS, 3).version == '"v1"'
    assert store(RefusingS3("SlowDown")).write(ORDERS, NOTHING, None, 3)


def test_a_bucket_that_is_gone_is_a_failure_at_once() -> None:
    with pytest.raises(UnavailableError, match="bucket: NoSuchBucket"):
        store(RefusingS3("NoSuchBucket")).read(ORDERS, 3)


def test_a_write_that_is_not_allowed_is_a_failure_at_once() -> None:
    with pytest.raises(UnavailableError, match="bucket: AccessDenied"):
        store(RefusingS3("AccessDenied")).write(ORDERS, NOTHING, None, 3)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"paths": 1}', b"\xff"])
def test_a_set_that_was_spoiled_by_hand_begins_anew_over_the_spoiled_one(body: bytes) -> None:
    assert store(RefusingS3(body=body)).read(ORDERS, 3) == (NOTHING, '"v1"')
