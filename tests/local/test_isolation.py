"""Nothing of the user's environment reaches the emulator, and nothing leads to AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from commerce_hooks_cli.local import checkout
from commerce_hooks_cli.local.checkout import Checkout, find_checkout
from commerce_hooks_cli.local.clients import isolated_session
from commerce_hooks_cli.local.environment import bare_environment, emulator_environment
from commerce_hooks_cli.local.errors import CheckoutNotFoundError
from commerce_hooks_cli.local.orders import Order, Ports, from_line, to_line
from commerce_hooks_cli.local.stack import StartOptions, _order
from commerce_hooks_cli.local.state import LocalState, read_state

ROOT = Path(__file__).parents[2]
USERS = {
    "AWS_ACCESS_KEY_ID": "AKIAUSER",
    "AWS_SECRET_ACCESS_KEY": "the user's secret",
    "AWS_SESSION_TOKEN": "the user's token",
    "AWS_PROFILE": "a profile that does not exist",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ENDPOINT_URL": "http://elsewhere.example",
    "AWS_ENDPOINT_URL_SQS": "http://elsewhere.example",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_MAX_ATTEMPTS": "20",
    "AWS_CONFIG_FILE": "/nowhere/config",
    "HTTP_PROXY": "http://proxy.example",
    "http_proxy": "http://proxy.example",
    "HTTPS_PROXY": "http://proxy.example",
    "HOME": "/home/user",
    "PYTHONSTARTUP": "/home/user/startup.py",
    "SOME_SECRET": "the user's",
}
ORDER = Order(
    identity="1",
    directory="/run",
    front_port=0,
    region="us-east-1",
    account="123456789012",
    access_key_id="LOCALKEY",
    secret_access_key="the operator's secret",
    platform_secret="the platforms' secret",
)


@pytest.fixture(autouse=True)
def _users_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in USERS.items():
        monkeypatch.setenv(name, value)


def test_the_emulator_inherits_nothing_of_the_users(tmp_path: Path) -> None:
    environment = bare_environment(tmp_path)
    assert not set(environment.values()) & set(USERS.values())
    assert {environment[name] for name in ("HOME", "TMPDIR")} == {str(tmp_path)}


def test_the_emulators_settings_do_not_hold_the_operators_secret() -> None:
    settings = emulator_environment(ORDER, 4000)
    assert ORDER.secret_access_key not in settings.values()
    assert settings["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4000"
    assert (settings["AUTH"], settings["BIND_HOST"]) == ("true", "127.0.0.1")


@pytest.mark.parametrize("name", ["identity", "account", "access_key_id", "secret_access_key"])
def test_nothing_that_opens_one_run_is_known_from_another(tmp_path: Path, name: str) -> None:
    made = {getattr(_order(StartOptions(), tmp_path), name) for _ in range(5)}
    assert len(made) == 5


def test_a_run_has_a_secret_too_long_to_guess_and_an_account_like_awss(tmp_path: Path) -> None:
    order = _order(StartOptions(), tmp_path)
    assert len(order.secret_access_key) >= 40
    assert len(order.account) == 12
    assert order.account.isdigit()


def test_the_emulators_own_secret_is_another_each_time() -> None:
    secrets = {emulator_environment(ORDER, 4000)["AWS_SECRET_ACCESS_KEY"] for _ in range(5)}
    assert len(secrets) == 5


@pytest.mark.parametrize("service", ["sqs", "events", "s3", "cloudformation", "secretsmanager"])
def test_clients_ignore_the_users_profile_environment_and_proxies(service: str) -> None:
    session = isolated_session("us-east-1", aws_access_key_id="K", aws_secret_access_key="S")
    client = session.client(service, endpoint_url="http://127.0.0.1:4000")  # type: ignore[call-overload]
    assert client.meta.endpoint_url == "http://127.0.0.1:4000"
    assert client.meta.region_name == "us-east-1"


def test_a_states_clients_have_its_endpoint_and_credentials(state: LocalState) -> None:
    client = state.client("sqs")
    credentials = client._request_signer._credentials
    assert client.meta.endpoint_url == state.control_url
    assert client.meta.region_name == state.region
    assert client.meta.config.proxies == {}
    assert (credentials.access_key, credentials.secret_key, credentials.token) == (
        state.access_key_id,
        state.secret_access_key,
        None,
    )


@pytest.fixture
def state(tmp_path: Path) -> LocalState:
    return LocalState(
        pid=1,
        birth_mark="",
        identity="1",
        control_url="http://127.0.0.1:4000",
        base_url="http://127.0.0.1:5000",
        stack="stack",
        region="us-east-2",
        account="123456789012",
        access_key_id="LOCALKEY",
        secret_access_key="the secret",
        started_at="2026-11-21T00:00:00+00:00",
        directory=tmp_path,
    )


@pytest.mark.parametrize("said", [ORDER, Ports(1, 2)])
def test_what_is_said_over_the_pipe_is_understood(said: object) -> None:
    line = to_line(said)
    assert line.count(b"\n") == 1
    assert from_line(line) == said


def test_the_checkout_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_checkout() == Checkout(ROOT)
    assert find_checkout().state_directory == ROOT / ".local"


def test_an_installed_command_finds_the_checkout_around_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "__file__", str(tmp_path / "site-packages" / "checkout.py"))
    monkeypatch.chdir(ROOT / "functions")
    assert find_checkout() == Checkout(ROOT)


def test_without_a_checkout_there_is_no_stack_and_nothing_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "__file__", str(tmp_path / "checkout.py"))
    monkeypatch.chdir(tmp_path)
    assert read_state() is None
    with pytest.raises(CheckoutNotFoundError):
        find_checkout()
