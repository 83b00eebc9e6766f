"""The strict S3: what it takes, what it gives back, what it refuses."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, FlexibleChecksumError
from hypothesis import given
from hypothesis import strategies as st

from support.faults import BROKEN, Effect, Fewer, Partly, Refused, Script
from support.receiving import FakeClock
from support.s3_wire import content_of
from support.strict_s3 import StrictS3
from support.wire import Call, NotModelledError, RefusedError

NAME = "payloads"


@dataclass
class S3:
    """A service with one bucket, and its calls in short."""

    clock: FakeClock = field(default_factory=FakeClock)
    plan: Script = field(default_factory=Script)

    def __post_init__(self) -> None:
        self.service = StrictS3(self.clock, self.plan)
        self.bucket = self.service.bucket(NAME)
        self.client: Any = self.service.client()

    def put(self, key: str = "k", body: bytes = b"x", **more: Any) -> Any:
        return self.client.put_object(Bucket=NAME, Key=key, Body=body, **more)

    def get(self, key: str = "k") -> Any:
        return self.client.get_object(Bucket=NAME, Key=key)

    def pages(self, **more: Any) -> list[list[str]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=NAME, **more)
        return [[found["Key"] for found in page.get("Contents", [])] for page in pages]

    def tag(self, *tags: tuple[str, str], key: str = "k") -> None:
        tag_set = [{"Key": name, "Value": value} for name, value in tags]
        self.client.put_object_tagging(Bucket=NAME, Key=key, Tagging={"TagSet": tag_set})

    def tags(self, key: str = "k") -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.client.get_object_tagging(Bucket=NAME, Key=key)["TagSet"]
        return found


@pytest.fixture
def s3() -> S3:
    return S3()


def told(refused: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_an_object_comes_back_as_it_was_put(s3: S3) -> None:
    s3.clock.sleep(60)
    put = s3.put(
        "a b/é+?&%.json",
        b"\x00\xff",
        ContentType="application/json",
        Metadata={"Callback-Id": "  c  1 "},
    )

    found = s3.get("a b/é+?&%.json")

    assert found["Body"].read() == b"\x00\xff"
    assert found["Metadata"] == {"callback-id": "c  1"}
    assert found["ContentType"] == "application/json"
    assert found["ContentLength"] == 2
    assert found["ETag"] == put["ETag"]
    assert found["ChecksumCRC32"] == put["ChecksumCRC32"]
    assert found["LastModified"] == datetime(2026, 3, 9, 12, 1, tzinfo=UTC)
    assert found["ServerSideEncryption"] == "AES256"
    assert s3.bucket.bodies == {"a b/é+?&%.json": b"\x00\xff"}


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 2_500_000])
def test_chunks_and_their_checksum_are_taken_off_a_body(s3: S3, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"\r\n"[: size % 256]
    s3.put(body=body)

    assert s3.bucket.bodies == {"k": body}
    assert s3.get()["Body"].read() == body


def test_a_body_that_was_spoiled_on_its_way_back_is_noticed_by_the_sdk(s3: S3) -> None:
    s3.put(ChecksumAlgorithm="SHA256")
    stored = s3.bucket.objects["k"]
    assert set(stored.checksum) == {"x-amz-checksum-sha256"}
    s3.bucket.objects["k"] = type(stored)(b"y", stored.modified_at, checksum=stored.checksum)

    with pytest.raises(FlexibleChecksumError):
        s3.get()["Body"].read()


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ({}, b"1\r\nx\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"),
        ({}, b"1\r\nx\r\n0\r\n\r\n", "MalformedTrailerError"),
        ({"x-amz-decoded-content-length": "2"}, b"1\r\nx\r\n0\r\n\r\n", "IncompleteBody"),
        ({}, b"1\r\nx\r\n", "IncompleteBody"),
        ({"content-encoding": "", "content-md5": "AAAA"}, b"x", "BadDigest"),
    ],
)
def test_a_body_that_was_spoiled_on_its_way_is_refused(
    headers: dict[str, str], body: bytes, code: str
) -> None:
    usual = {
        "content-encoding": "aws-chunked",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "x-amz-decoded-content-length": "1",
    }

    with pytest.raises(RefusedError) as refused:
        content_of(Call("PutObject", "", usual | headers, body))

    assert refused.value.code == code


def test_a_checksum_it_does_not_know_is_not_passed_over() -> None:
    headers = {
        "content-encoding": "aws-chunked",
        "x-amz-trailer": "x-amz-checksum-crc64nvme",
        "x-amz-decoded-content-length": "0",
    }

    with pytest.raises(NotModelledError, match="crc64nvme"):
        content_of(Call("PutObject", "", headers, b"0\r\nx-amz-checksum-crc64nvme:AA==\r\n\r\n"))


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, "InvalidRequest"), ({"content-md5": "AUsntcuSuEmuR+UUZLsmHA=="}, "MalformedXML")],
)
def test_tags_come_with_a_checksum_and_as_a_document(
    s3: S3, headers: dict[str, str], code: str
) -> None:
    url = f"https://{NAME}.s3.eu-central-1.amazonaws.com/k?tagging"

    answer = s3.service.wire._act(Call("PutObjectTagging", url, headers, b"no document"))

    assert f"<Code>{code}</Code>".encode() in answer.body


def test_a_read_after_a_write_sees_it(s3: S3) -> None:
    s3.put(body=b"1")
    s3.put(body=b"2")

    assert s3.get()["Body"].read() == b"2"
    s3.client.delete_object(Bucket=NAME, Key="k")
    assert s3.pages() == [[]]


@pytest.mark.parametrize(
    ("may_list", "answer"), [(True, ("NoSuchKey", 404)), (False, ("AccessDenied", 403))]
)
def test_a_missing_object_is_denied_to_those_who_may_not_list(
    s3: S3, *, may_list: bool, answer: tuple[str, int]
) -> None:
    s3.bucket.may_list = may_list

    for call in (s3.get, s3.tags, lambda: s3.tag(("a", "b"))):
        with pytest.raises(ClientError) as refused:
            call()
        assert told(refused) == answer
    with pytest.raises(ClientError) as refused:
        s3.client.head_object(Bucket=NAME, Key="k")
    assert told(refused) == (str(answer[1]), answer[1])


def test_those_who_may_not_list_may_not_list(s3: S3) -> None:
    s3.bucket.may_list = False

    with pytest.raises(ClientError) as refused:
        s3.pages()

    assert told(refused) == ("AccessDenied", 403)


def test_a_bucket_nobody_made_does_not_exist(s3: S3) -> None:
    with pytest.raises(s3.client.exceptions.NoSuchBucket):
        s3.client.list_objects_v2(Bucket="other")


def test_a_bucket_with_dots_is_in_the_path(s3: S3) -> None:
    dotted = s3.service.bucket("pay.loads")

    s3.client.put_object(Bucket="pay.loads", Key="a/b", Body=b"x")

    assert dotted.keys == ["a/b"]


@pytest.mark.parametrize(
    ("put", "code"),
    [
        ({"key": "é" * 513}, "KeyTooLongError"),
        ({"Metadata": {"name": "x" * 2045}}, "MetadataTooLarge"),
        ({"Tagging": "&".join(f"t{n}=x" for n in range(11))}, "BadRequest"),
        ({"Tagging": "a=1&a=2"}, "InvalidTag"),
        ({"Tagging": "=1"}, "InvalidTag"),
        ({"ContentType": "x" * 8192}, "RequestHeaderSectionTooLarge"),
    ],
)
def test_what_is_too_large_is_refused(s3: S3, put: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        s3.put(**put)

    assert told(refused) == (code, 400)
    assert s3.bucket.objects == {}


def test_what_just_fits_is_taken(s3: S3) -> None:
    s3.put("é" * 512, Metadata={"name": "x" * 2044}, Tagging="a=%20b&c=")

    assert s3.tags("é" * 512) == [{"Key": "a", "Value": " b"}, {"Key": "c", "Value": ""}]


def test_metadata_that_cannot_be_printed_is_counted_instead(s3: S3) -> None:
    s3.put(Metadata={"good": "x", "bad": "\x7f"})

    found = s3.client.head_object(Bucket=NAME, Key="k")

    assert (found["Metadata"], found["MissingMeta"]) == ({"good": "x"}, 1)


def test_a_head_is_a_get_without_its_body(s3: S3) -> None:
    s3.put(body=b"12345", Metadata={"a": "b"}, Tagging="state=open")

    found = s3.client.head_object(Bucket=NAME, Key="k")

    assert (found["ContentLength"], found["Metadata"]) == (5, {"a": "b"})
    s3.plan.then("s3", BROKEN["s3"])
    with pytest.raises(ClientError) as refused:
        s3.client.head_object(Bucket=NAME, Key="k")
    assert told(refused) == ("500", 500)


def test_deleting_what_is_not_there_succeeds(s3: S3) -> None:
    answer = s3.client.delete_object(Bucket=NAME, Key="k")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204


def delete(s3: S3, *keys: str, quiet: bool = False, **more: str) -> Any:
    objects = [{"Key": key, **more} for key in keys]
    return s3.client.delete_objects(Bucket=NAME, Delete={"Objects": objects, "Quiet": quiet})


def test_many_objects_are_deleted_in_a_call(s3: S3) -> None:
    for key in ("a", "b <&> é", "c"):
        s3.put(key)

    answer = delete(s3, "a", "b <&> é", "missing")

    assert [one["Key"] for one in answer["Deleted"]] == ["a", "b <&> é", "missing"]
    assert s3.bucket.keys == ["c"]
    assert "Deleted" not in delete(s3, "c", quiet=True)
    assert s3.bucket.keys == []


def test_some_of_many_may_stay(s3: S3) -> None:
    for key in ("a", "b"):
        s3.put(key)
    s3.plan.then("s3.DeleteObjects", Partly({1: "InternalError", 2: "InternalError"}))

    answer = delete(s3, "a", "b", quiet=True)

    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("b", "InternalError")]
    assert s3.bucket.keys == ["b"]


def test_a_call_deletes_a_thousand_at_most(s3: S3) -> None:
    delete(s3, *map(str, range(1_000)))
    with pytest.raises(ClientError) as refused:
        delete(s3, *map(str, range(1_001)))
    assert told(refused) == ("MalformedXML", 400)
    with pytest.raises(NotModelledError, match="VersionId"):
        delete(s3, "a", VersionId="1")


def test_a_first_write_is_told_from_a_second(s3: S3) -> None:
    s3.put(body=b"1", IfNoneMatch="*")

    with pytest.raises(ClientError) as refused:
        s3.put(body=b"2", IfNoneMatch="*")

    assert told(refused) == ("PreconditionFailed", 412)
    assert s3.bucket.bodies == {"k": b"1"}


def test_a_write_over_another_version_is_refused(s3: S3) -> None:
    read = s3.put(body=b"1")["ETag"]
    s3.put(body=b"2", IfMatch=read)

    with pytest.raises(ClientError) as refused:
        s3.put(body=b"3", IfMatch=read)
    assert told(refused) == ("PreconditionFailed", 412)
    with pytest.raises(ClientError) as refused:
        s3.client.delete_object(Bucket=NAME, Key="k", IfMatch=read)
    assert told(refused) == ("PreconditionFailed", 412)
    with pytest.raises(ClientError) as refused:
        s3.put("other", IfMatch=read)
    assert told(refused) == ("NoSuchKey", 404)
    with pytest.raises(ClientError) as refused:
        s3.put(IfNoneMatch=read)
    assert told(refused) == ("NotImplemented", 501)
    assert s3.bucket.bodies == {"k": b"2"}


def test_a_lost_race_is_for_the_plan(s3: S3) -> None:
    s3.plan.then("s3.PutObject", Refused("ConditionalRequestConflict", 409))

    with pytest.raises(ClientError) as refused:
        s3.put(IfNoneMatch="*")

    assert told(refused) == ("ConditionalRequestConflict", 409)


def test_an_answer_that_was_lost_makes_a_conditional_write_fail_the_next_time(s3: S3) -> None:
    s3.plan.then("s3.PutObject", Refused("InternalError", 500, Effect.DONE))
    with pytest.raises(ClientError, match="InternalError"):
        s3.put(IfNoneMatch="*")

    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put(IfNoneMatch="*")


def test_tags_replace_each_other_and_go_with_the_object(s3: S3) -> None:
    s3.put(Tagging="state=open&by=us")
    assert s3.get()["TagCount"] == 2

    s3.tag(("state", "done"))

    assert s3.tags() == [{"Key": "state", "Value": "done"}]
    s3.put()
    assert s3.tags() == []


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([(f"t{n}", "x") for n in range(11)], "BadRequest"),
        ([("a", "1"), ("a", "2")], "InvalidTag"),
        ([("x" * 129, "")], "InvalidTag"),
        ([("a", "x" * 257)], "InvalidTag"),
        ([("a", "<b>")], "InvalidTag"),
        ([("aws:a", "b")], "InvalidTag"),
    ],
)
def test_tags_have_to_keep_to_the_rules(s3: S3, tags: list[tuple[str, str]], code: str) -> None:
    s3.put()

    with pytest.raises(ClientError) as refused:
        s3.tag(*tags)

    assert told(refused) == (code, 400)
    assert s3.tags() == []


def test_the_longest_tags_are_taken(s3: S3) -> None:
    s3.put()
    tags = [("é" * 128, "x" * 256), *((f"t{n}", " +-=._:/@") for n in range(9))]

    s3.tag(*tags)

    assert s3.tags() == [{"Key": key, "Value": value} for key, value in tags]


def test_keys_come_in_the_binary_order_of_their_bytes(s3: S3) -> None:
    keys = ["b", "a/b", "a", "é", "Z", "\uffff", "\U00010000", "a b", "a+b", "a%2Bb"]
    for key in keys:
        s3.put(key)

    assert s3.pages() == [sorted(keys, key=str.encode)]
    assert sorted(keys, key=str.encode) != sorted(keys, key=lambda key: key.encode("utf-16-be"))


def test_a_listing_has_pages_and_no_more_on_one_than_asked_for(s3: S3) -> None:
    s3.bucket.page = 2
    for number in range(5):
        s3.put(f"outbox/{number}")
    s3.put("other")

    assert s3.pages(Prefix="outbox/") == [
        ["outbox/0", "outbox/1"],
        ["outbox/2", "outbox/3"],
        ["outbox/4"],
    ]
    assert s3.pages(Prefix="outbox/", MaxKeys=1, StartAfter="outbox/3") == [["outbox/4"]]
    assert s3.pages(Prefix="nothing") == [[]]
    s3.put("outbox/")
    assert s3.pages(Prefix="outbox/", StartAfter="outbox/")[0] == ["outbox/0", "outbox/1"]
    answer = s3.client.list_objects_v2(Bucket=NAME, StartAfter="a +é")
    assert answer["StartAfter"] == "a +é"
    answer = s3.client.list_objects_v2(Bucket=NAME, MaxKeys=0)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (0, False)


def test_a_page_ends_where_there_is_just_no_more(s3: S3) -> None:
    for key in ("a", "b"):
        s3.put(key)

    assert s3.pages(MaxKeys=2) == [["a", "b"]]


def test_a_page_may_be_shorter_than_it_could_be(s3: S3) -> None:
    for key in ("a", "b", "c"):
        s3.put(key)
    s3.plan.then("s3.ListObjectsV2", Fewer(1))

    assert s3.pages() == [["a"], ["b", "c"]]


def test_a_listing_goes_on_although_keys_come_and_go(s3: S3) -> None:
    for key in ("a", "b", "d"):
        s3.put(key)
    first = s3.client.list_objects_v2(Bucket=NAME, MaxKeys=2)
    s3.client.delete_object(Bucket=NAME, Key="b")
    s3.put("c")

    rest = s3.client.list_objects_v2(Bucket=NAME, ContinuationToken=first["NextContinuationToken"])

    assert [found["Key"] for found in rest["Contents"]] == ["c", "d"]
    with pytest.raises(ClientError) as refused:
        s3.client.list_objects_v2(Bucket=NAME, ContinuationToken="?")
    assert told(refused) == ("InvalidArgument", 400)


def test_a_listing_tells_of_each_object(s3: S3) -> None:
    s3.clock.sleep(0.5)
    etag = s3.put(body=b"123")["ETag"]

    (found,) = s3.client.list_objects_v2(Bucket=NAME)["Contents"]

    assert (found["Key"], found["Size"], found["ETag"]) == ("k", 3, etag)
    assert found["LastModified"] == datetime(2026, 3, 9, 12, 0, 0, 500_000, tzinfo=UTC)


@given(
    st.lists(st.text(min_size=1, max_size=5), max_size=20),
    st.text(max_size=2),
    st.integers(1, 5),
)
def test_every_key_is_on_one_page(keys: list[str], prefix: str, page: int) -> None:
    s3 = S3()
    s3.bucket.page = page
    for key in keys:
        s3.put(key)

    listed = [key for found in s3.pages(Prefix=prefix) for key in found]

    wanted = {key for key in keys if key.startswith(prefix)}
    assert listed == sorted(wanted, key=str.encode)


@pytest.mark.parametrize(
    "more",
    [{"ACL": "private"}, {"StorageClass": "GLACIER"}, {"ContentEncoding": "gzip"}],
)
def test_what_it_does_not_model_is_no_failure_of_the_service(s3: S3, more: dict[str, Any]) -> None:
    with pytest.raises(NotModelledError):
        s3.put(**more)
    with pytest.raises(NotModelledError):
        s3.client.get_object(Bucket=NAME, Key="k", Range="bytes=0-1")
    with pytest.raises(NotModelledError):
        s3.client.list_objects_v2(Bucket=NAME, Delimiter="/")
    with pytest.raises(NotModelledError):
        s3.client.delete_object(Bucket=NAME, Key="k", VersionId="1")
    with pytest.raises(NotModelledError):
        s3.client.get_object_acl(Bucket=NAME, Key="k")
