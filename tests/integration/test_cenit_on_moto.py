"""Cenit's function as Lambda loads it, with AWS's services played by moto."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from commerce_hooks.wiring import LambdaHandler
from support.account import Account, account_on_moto
from support.api_gateway import lambda_context
from support.cenit import (
    CallSample,
    Switchboard,
    assert_failed,
    assert_succeeded,
    call_event,
    call_sample,
    call_samples,
    path_of,
    signature_headers,
)
from support.receiving import Answered

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Called:
    """An account, and the function in it."""

    account: Account
    handler: LambdaHandler

    @property
    def s3(self) -> "S3Client":
        return self.account.s3

    def call(self, event: dict[str, Any]) -> Answered:
        answer = self.handler(event, lambda_context())
        return Answered(answer["statusCode"], json.loads(answer["body"]), answer["headers"])

    def arrived(self) -> list[dict[str, Any]]:
        return self.account.arrived()

    def keys(self) -> list[str]:
        return self.account.object_keys()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Called]:
    with account_on_moto() as account:
        for name, value in account.environment.items():
            monkeypatch.setenv(name, value)
        # Loaded anew, for it is wired when it is imported.
        monkeypatch.delitem(sys.modules, "cenit.app", raising=False)
        yield Called(account, import_module("cenit.app").lambda_handler)


def with_token(sample: CallSample) -> dict[str, Any]:
    return call_event(
        sample.service,
        sample.body,
        method=sample.method,
        id_=sample.id,
        query=sample.query,
        headers={"Authorization": f"Bearer {Switchboard().token()}"},
    )


def signed(sample: CallSample, age: int = 0) -> dict[str, Any]:
    headers = signature_headers(
        sample.method,
        path_of(sample.service, sample.id),
        sample.query,
        sample.body,
        timestamp=int(time.time()) - age,
    )
    return {**with_token(sample), "headers": headers} | {
        "multiValueHeaders": {name: [value] for name, value in headers.items()}
    }


@pytest.mark.parametrize("sample", call_samples(), ids=str)
def test_every_sample_goes_through_the_handler_and_off_the_bus(
    sample: CallSample, account: Called
) -> None:
    answered = account.call(with_token(sample))

    (event,) = account.arrived()
    assert_succeeded(answered)
    assert (event["source"], event["detail-type"]) == (
        "commerce-hooks.cenit",
        f"request.{sample.service}",
    )
    assert event["detail"]["metadata"]["event_id"] == answered.body["event_ids"][0]
    assert account.keys() == []


def test_two_calls_with_a_token_have_two_ids(account: Called) -> None:
    ids = [account.call(with_token(call_sample("cancel_order"))).body["callback_id"] for _ in "ab"]

    assert len(set(ids)) == 2


def test_a_repeat_of_a_signed_call_gets_the_answer_from_the_bucket(account: Called) -> None:
    event = signed(call_sample("create_order"))

    first, again = account.call(event), account.call(event)

    assert_succeeded(first)
    assert again.body == first.body
    assert len(account.arrived()) == 1
    (key,) = account.keys()
    assert key.startswith("answers/cenit/acme/")


def test_an_answer_that_is_gone_is_made_again_with_the_same_ids(account: Called) -> None:
    event = signed(call_sample("create_order"))
    first = account.call(event)
    (key,) = account.keys()
    account.s3.delete_object(Bucket="payloads", Key=key)

    again = account.call(event)

    assert again.body == first.body
    one, other = account.arrived()
    assert one["detail"]["metadata"]["event_id"] == other["detail"]["metadata"]["event_id"]


def test_a_call_signed_too_long_ago_is_refused(account: Called) -> None:
    answered = account.call(signed(call_sample("create_order"), age=330))

    assert_failed(answered, 401, "unauthorized")
    assert account.arrived() == []
    assert account.keys() == []


def test_a_missing_bucket_costs_a_signed_call_nothing(
    account: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYLOAD_BUCKET", "no-such-bucket")
    monkeypatch.delitem(sys.modules, "cenit.app", raising=False)
    handler: LambdaHandler = import_module("cenit.app").lambda_handler

    answer = handler(signed(call_sample("create_order")), lambda_context())

    assert answer["statusCode"] == 200
    assert len(account.arrived()) == 1
