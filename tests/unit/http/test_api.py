"""What a platform's answers mean, and which calls are made again."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.http import errors
from commerce_hooks.http.api import Api, in_path, json_of, refusal_of
from commerce_hooks.http.transport import ApiRequest, ApiResponse
from support.surroundings import FakeTime, FakeTransport

REQUEST = ApiRequest("GET", "https://platform.example/")
OK = ApiResponse(200, {}, b"[1]")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, errors.CallRefusedError),
        (400, errors.CallRefusedError),
        (401, errors.CredentialsRefusedError),
        (403, errors.MissingRightError),
        (404, errors.NotFoundError),
        (422, errors.CallRefusedError),
        (429, errors.RateLimitedError),
        (500, errors.PlatformBrokenError),
        (503, errors.PlatformBrokenError),
    ],
)
def test_a_status_says_who_has_to_act(status: int, kind: type[errors.PlatformError]) -> None:
    assert type(refusal_of(ApiResponse(status))) is kind


@pytest.mark.parametrize("status", [200, 201, 204])
def test_every_success_is_one(status: int) -> None:
    assert refusal_of(ApiResponse(status)) is None


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("30", 30),
        ("", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", None),
        ("-1", None),
        ("9" * 9, None),
    ],
)
def test_when_to_come_again_is_understood_where_it_is_seconds(
    told: str, seconds: int | None
) -> None:
    refused = refusal_of(ApiResponse(429, {"retry-after": told}))

    assert isinstance(refused, errors.RateLimitedError)
    assert refused.retry_after == seconds


def test_a_limit_says_when_to_try_again() -> None:
    assert "in 30 seconds" in str(errors.RateLimitedError(30))
    assert "later" in str(errors.RateLimitedError())


@pytest.mark.parametrize(
    "body", [b"", b"<html>canary", b"\xff", b"[" * 200 + b"]" * 200, b" " * 1_500_001, b'{"a":NaN}']
)
def test_what_is_no_json_is_told_without_quoting_it(body: bytes) -> None:
    with pytest.raises(errors.UnreadableAnswerError) as caught:
        json_of(ApiResponse(200, {}, body))

    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


def test_json_is_read() -> None:
    assert json_of(OK) == [1]


@pytest.mark.parametrize(
    "passing", [errors.NoResponseError("Timeout"), ApiResponse(500), ApiResponse(503)]
)
def test_a_call_that_changes_nothing_is_made_three_times(
    passing: ApiResponse | Exception,
) -> None:
    time, transport = FakeTime(), FakeTransport([passing, passing, OK])

    assert Api(transport, time.pause).read(REQUEST) is OK
    assert len(transport.asked) == 3
    assert time.paused == [1.0, 4.0]


def test_what_fails_three_times_has_failed() -> None:
    transport = FakeTransport([ApiResponse(500)] * 3)

    with pytest.raises(errors.PlatformBrokenError):
        Api(transport, FakeTime().pause).read(REQUEST)


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429])
def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    transport = FakeTransport([ApiResponse(status)])

    with pytest.raises(errors.PlatformError):
        Api(transport, FakeTime().pause).read(REQUEST)

    assert len(transport.asked) == 1


def test_a_call_that_changes_something_is_made_once() -> None:
    transport = FakeTransport([errors.NoResponseError("Timeout")])

    with pytest.raises(errors.NoResponseError):
        Api(transport, FakeTime().pause).once(REQUEST)

    assert len(transport.asked) == 1


@given(st.text(), st.sampled_from([r"[0-9a-f]{24}", r".*"]))
def test_an_id_in_a_path_is_one_part_of_it(id_: str, pattern: str) -> None:
    try:
        part = in_path(id_, re.compile(pattern, re.ASCII | re.DOTALL))
    except errors.NotFoundError:
        assert not re.fullmatch(pattern, id_, re.DOTALL)
    else:
        assert not set(part) & set("/?#\\ \n")
