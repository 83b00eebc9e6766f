"""The stores' configurations as SSM has them."""

from functools import partial

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from pydantic import SecretStr

from commerce_hooks.aws import Patience
from commerce_hooks.errors import UnavailableError
from commerce_hooks.platform_access import Credentials
from commerce_hooks.store_parameters import (
    SsmStoreReader,
    SsmStores,
    StoreGoneError,
    StoreUnusableError,
)
from commerce_hooks.stores import StoreConfiguration, StoreId, configuration_path, credentials_path

CONFIGURATION = StoreConfiguration(label="Acme", added_at="2026-03-09T12:00:00.000Z")


def stores(stack: str = "hooks") -> SsmStores:
    patience = Patience(lambda: 0.0, lambda _: None)
    return SsmStores(stack, partial(boto3.client, "ssm"), patience)


def put(name: str, value: str, kind: str = "String") -> None:
    boto3.client("ssm").put_parameter(Name=name, Value=value, Type=kind)  # type: ignore[arg-type]


@mock_aws
def test_all_stores_of_the_stack_are_told_in_order_and_none_of_another() -> None:
    names = [f"konimbo/shop-{number:03}" for number in range(25)]  # a page has ten
    for name in ["centry/acme", *reversed(names)]:
        put(f"{configuration_path('hooks')}/{name}", CONFIGURATION.model_dump_json())
    put(f"{configuration_path('hooks-2')}/centry/other", CONFIGURATION.model_dump_json())
    put(f"{credentials_path('hooks')}/centry/acme", "{}", "SecureString")

    found = stores().all()

    assert [str(store) for store in found] == ["centry/acme", *names]
    assert set(found.values()) == {CONFIGURATION}


@mock_aws
@pytest.mark.parametrize("spoiled", ["no JSON", "[]", '{"added_at": "x", "of_a_newer_version": 1}'])
def test_a_configuration_that_cannot_be_read_spoils_no_other(spoiled: str) -> None:
    put(f"{configuration_path('hooks')}/centry/acme", spoiled)
    put(f"{configuration_path('hooks')}/centry/other", CONFIGURATION.model_dump_json())

    assert stores().all() == {
        StoreId("centry", "acme"): None,
        StoreId("centry", "other"): CONFIGURATION,
    }


@mock_aws
@pytest.mark.parametrize("stray", ["notes", "centry/Acme", "centry/acme/more"])
def test_what_lies_there_under_no_store_s_name_is_passed_over(stray: str) -> None:
    put(f"{configuration_path('hooks')}/{stray}", CONFIGURATION.model_dump_json())
    put(f"{configuration_path('hooks')}/centry/acme", CONFIGURATION.model_dump_json())

    assert list(stores().all()) == [StoreId("centry", "acme")]


@mock_aws
def test_without_stores_there_are_none() -> None:
    assert stores().all() == {}


class Denied:
    def get_parameters_by_path(self, **_: object) -> None:
        raise PermissionError


def test_a_failing_ssm_is_unavailable() -> None:
    failing = SsmStores("hooks", Denied, Patience(iter((0.0, 0.0, 99.0)).__next__, lambda _: None))  # type: ignore[arg-type]

    with pytest.raises(UnavailableError, match="stores: PermissionError"):
        failing.all()


# --- One store, with its credentials ------------------------------------------------------------

ACME = StoreId("centry", "acme")


class Account(Credentials):
    """Credentials of some platform."""

    token: SecretStr


def reader(stack: str = "hooks") -> SsmStoreReader:
    return SsmStoreReader(stack, partial(boto3.client, "ssm"), Patience(lambda: 0.0, never))


def never(_: float) -> None:
    raise AssertionError("SSM has answered, and is asked again")


@mock_aws
def test_one_store_is_read_with_its_credentials() -> None:
    put(f"{configuration_path('hooks')}/{ACME}", CONFIGURATION.model_dump_json())
    put(f"{credentials_path('hooks')}/{ACME}", '{"token": "secret"}', "SecureString")

    assert reader().configuration(ACME) == CONFIGURATION
    assert reader().credentials(ACME, Account) == Account(token=SecretStr("secret"))


@mock_aws
def test_a_store_that_is_not_there_is_gone_and_has_no_credentials() -> None:
    put(f"{configuration_path('hooks-2')}/{ACME}", CONFIGURATION.model_dump_json())

    with pytest.raises(StoreGoneError):
        reader().configuration(ACME)
    with pytest.raises(StoreUnusableError, match="no credentials"):
        reader().credentials(ACME, Account)


@mock_aws
@pytest.mark.parametrize("spoiled", ["canary", '["canary"]', '{"token": "x", "canary": 1}'])
def test_what_cannot_be_read_of_one_store_is_said_and_not_quoted(spoiled: str) -> None:
    put(f"{configuration_path('hooks')}/{ACME}", spoiled)
    put(f"{credentials_path('hooks')}/{ACME}", spoiled, "SecureString")

    with pytest.raises(StoreUnusableError, match="configuration cannot be read"):
        reader().configuration(ACME)
    with pytest.raises(StoreUnusableError, match="credentials cannot be read") as raised:
        reader().credentials(ACME, Account)
    assert raised.value.__suppress_context__
    assert "canary" not in str(raised.value)


def test_a_right_that_is_missing_is_not_taken_for_a_store_that_is_gone() -> None:
    client = boto3.client("ssm")
    refused = ("get_parameter", "AccessDeniedException")
    refusing = SsmStoreReader("hooks", lambda: client, Patience(lambda: 0.0, never))

    with Stubber(client) as stubber:
        stubber.add_client_error(*refused)
        with pytest.raises(UnavailableError, match="stores: AccessDeniedException"):
            refusing.configuration(ACME)
