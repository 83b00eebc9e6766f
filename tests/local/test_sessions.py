"""Sessions of the functions' roles: nobody can guess their keys, and they end."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ministack.core.lambda_runtime import execution_credentials
from ministack.services import sts

from commerce_hooks_cli.local.bridge.emulator import _salted, session_credential
from commerce_hooks_cli.local.signatures import Credential

FUNCTION = {
    "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:centry",
    "FunctionName": "centry",
    "Role": "arn:aws:iam::123456789012:role/centry",
}
NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@pytest.fixture(autouse=True)
def sessions(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Those of an emulator that has only just started and asks for credentials."""
    fresh: dict[str, Any] = {}
    monkeypatch.setattr(sts, "_sessions", fresh)
    monkeypatch.setattr("ministack.app.AUTH", True)
    return fresh


def test_what_the_emulator_makes_of_names_alone_is_no_key_of_a_function() -> None:
    guessed = execution_credentials(FUNCTION)
    sts.reset()
    made = _salted(execution_credentials)(FUNCTION)
    assert all(made[name] != guessed[name] for name in NAMES)
    assert session_credential(guessed["AWS_ACCESS_KEY_ID"]) is None


def test_another_run_has_other_keys_and_the_same_run_the_same() -> None:
    run, other_run = _salted(execution_credentials), _salted(execution_credentials)
    assert all(run(FUNCTION)[name] != other_run(FUNCTION)[name] for name in NAMES)
    assert run(FUNCTION) == run(FUNCTION)


def test_the_function_keeps_its_role_and_the_guard_knows_its_keys(sessions: dict[str, Any]) -> None:
    made = _salted(execution_credentials)(FUNCTION)
    key, secret, token = (made[name] for name in NAMES)
    assert session_credential(key) == Credential(secret, token)
    assert sessions[key]["Arn"] == "arn:aws:sts::123456789012:assumed-role/centry/centry"


@pytest.mark.parametrize(("expires_in", "accepted"), [(-1, False), (60, True), (None, True)])
def test_a_session_is_accepted_until_it_expires(
    sessions: dict[str, Any], expires_in: float | None, *, accepted: bool
) -> None:
    sessions["ASIAKEY"] = {"SecretAccessKey": "the secret", "SessionToken": "the token"}
    if expires_in is not None:
        sessions["ASIAKEY"]["Expiration"] = time.time() + expires_in
    known = session_credential("ASIAKEY")
    assert known == (Credential("the secret", "the token") if accepted else None)


def test_a_key_without_a_session_is_unknown() -> None:
    assert session_credential("ASIAKEY") is None
