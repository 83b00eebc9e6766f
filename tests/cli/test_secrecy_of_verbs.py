"""The canary: whatever a verb says, it is no callback URL, no token, no key and no credential.

The verbs are those that there are, so a new one has to be added to the table below.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.main import get_command

from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.answer import Answer
from commerce_hooks_cli.main import app
from support.account import account_on_moto
from support.keys import ActivityQueues
from support.logs import FakeLogs
from support.platforms import platforms
from support.seen_stores import deployment_on, heard
from support.stack_on_moto import FakeCloudFormation
from support.store_world import ACME, CREDENTIALS, TOKEN
from support.subscribed_shops import CENTRY, OTHER_RING, STRANGER, SubscribedShops
from worlds.memory import Memory

PASSPHRASE = "a-canary-of-a-passphrase"
CODE = "a-canary-of-a-code"
ISET, CENIT = StoreId("iset", "acme"), StoreId("cenit", "acme")
NOT_FOUND = Answer(404, b'{"error":"not_found"}', 0.01)
CONSENTED = StoreId("centry", "consented")
SHOWS_SECRETS = {("urls",), ("stores", "add")}
"""They print callback URLs on purpose."""
CALLBACK = "5c1b8d4e-0000-4000-8000-000000000002"


class Consented(Memory):
    """A platform where the shop has to consent."""

    def authorize_url(self) -> str:
        return "https://platform.example/oauth/authorize?client_id=our-app"

    def authorize(self, code: str) -> None:
        assert code == CODE


class Logs(FakeLogs):
    """With log groups that can be described."""

    def get_paginator(self, operation: str) -> Any:
        if operation == "describe_log_groups":
            return boto3.client("logs").get_paginator("describe_log_groups")
        return super().get_paginator(operation)


@dataclass(frozen=True)
class Call:
    """How a verb is called, and how it ends. `{folder}` is a folder of the test's."""

    arguments: str = ""
    exit_code: int = 0
    input: str = ""


# Stores are configured, platforms have subscriptions of everybody; what else a verb needs may be
# missing, and then its complaint is what is looked at.
CALLS: dict[tuple[str, ...], list[Call]] = {
    ("cenit", "collection"): [Call("acme --output {folder}/collection.json")],
    ("cenit", "configure"): [Call("acme --backed-by konimbo/acme --signed-only")],
    ("doctor",): [Call(exit_code=1), Call("--no-send", exit_code=1)],
    ("find",): [Call("4711")],
    ("keys", "confirm"): [Call("iset acme"), Call("konimbo acme k9", 2)],
    ("keys", "export"): [Call("{folder}/ring.age", input=PASSPHRASE)],
    ("keys", "import"): [Call("{folder}/none.age", 2, PASSPHRASE)],
    ("keys", "revoke"): [Call("konimbo/acme --yes"), Call("k1", 2)],
    ("keys", "rotate"): [Call()],
    ("keys", "status"): [Call()],
    ("local", "demo"): [Call()],
    ("local", "down"): [Call()],
    ("local", "fault"): [Call("bus", exit_code=1)],
    # Without a stack they have nothing to show; tests/cli/test_local_platform.py has what they do.
    ("local", "platform", "call"): [Call("konimbo order_created", 1)],
    ("local", "platform", "delete"): [Call("konimbo 98", 1)],
    ("local", "platform", "list"): [Call(exit_code=1)],
    ("local", "status"): [Call(exit_code=1)],
    ("local", "up"): [Call()],
    ("outbox", "redrive"): [Call()],
    ("outbox", "status"): [Call()],
    ("quarantine", "discard"): [Call(CALLBACK, exit_code=1)],
    ("quarantine", "list"): [Call()],
    ("quarantine", "replay"): [Call(CALLBACK, exit_code=1)],
    ("quarantine", "show"): [Call(CALLBACK, exit_code=1)],
    ("replay",): [Call("--from 2h --to 1h")],
    ("resend",): [Call(f"{CALLBACK}.0 --timeout 1", exit_code=1)],
    ("send",): [Call("konimbo order_created --store acme"), Call("cenit create_order", 2)],
    ("shapes",): [Call()],
    ("status",): [Call(), Call("konimbo acme")],
    ("stores", "apply"): [Call("{folder}/stores.yaml --plan", 2), Call("{folder}/stores.yaml")],
    ("stores", "authorize"): [Call("centry consented", input=CODE)],
    ("stores", "check"): [Call("--all"), Call("konimbo acme")],
    ("stores", "list"): [Call()],
    ("stores", "remove"): [Call("konimbo acme --yes"), Call("centry acme --yes")],
    ("stores", "show"): [Call("konimbo acme")],
    ("subscriptions", "apply"): [Call(), Call("konimbo --adopt --policy sync")],
    ("subscriptions", "delete"): [
        Call("centry acme --all"),
        Call("konimbo acme --all", 1),
        Call("konimbo acme 99", 1),
    ],
    ("subscriptions", "list"): [Call("konimbo acme"), Call("centry acme")],
    ("subscriptions", "plan"): [Call(exit_code=2), Call("konimbo acme --adopt", 2)],
    ("subscriptions", "show"): [Call("konimbo acme 98"), Call("konimbo acme 99")],
    ("subscriptions", "status"): [Call(), Call("konimbo acme")],
    ("tail",): [Call("--limit 1 --timeout 1", 1), Call("--limit 1 --timeout 1 --full", 1)],
}


def _verbs(group: object = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Those that do something: no mere names of several."""
    for name, child in getattr(group or get_command(app), "commands", {}).items():
        if getattr(child, "commands", None):
            yield from _verbs(child, (*path, name))
        else:
            yield (*path, name)


VERBS = sorted(set(_verbs()) - SHOWS_SECRETS)


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[SubscribedShops]:
    with account_on_moto() as account:
        shops = SubscribedShops(tmp_path, deployment_on(account))
        known = shops.deployed.clients
        logs = Logs(shops.deployed.name)
        logs.callback(resource="4711", event_ids=[f"{CALLBACK}.0"])
        others = {
            "cloudformation": FakeCloudFormation(),
            "cloudwatch": ActivityQueues(),
            "logs": logs,
        }
        shops.deployment = replace(
            shops.deployed, clients=lambda name: others.get(name) or known(name)
        )
        shops.post = lambda url, body, headers: (
            NOT_FOUND if url.endswith("/doctor") else shops.door.post(url, body, headers)
        )
        _fill(shops)
        (tmp_path / "credentials.json").write_text(json.dumps(CREDENTIALS))
        (tmp_path / "credentials.json").chmod(0o600)
        credentials = "{credentials: {from_file: credentials.json}, label: New}"
        (tmp_path / "stores.yaml").write_text(f"stores:\n  konimbo/acme: {credentials}\n")
        yield shops


def _fill(shops: SubscribedShops) -> None:
    """Stores of every platform; and at Konimbo and Centry subscriptions of every kind."""
    for store in (ACME, CENTRY):
        shops.add(store=store)
    for store in (ISET, CENIT):
        shops.run("stores", "add", *store, "--no-wait")
    shops.memories[CONSENTED] = Consented()
    shops.add(store=CONSENTED)
    shops.put("order_created")
    shops.put("order_created", STRANGER)
    shops.put("ticket_created", shops.url("ticket_created", ring=OTHER_RING))
    shops.put("ticket_created")
    shops.set_entry("konimbo/acme", generation=2)
    shops.memories[CENTRY].put(shops.url(None, store=CENTRY), frozenset({"on_order_save"}))
    heard(shops.deployed, "konimbo/acme", at=shops.clock.now())


def _secrets(shops: SubscribedShops) -> set[str]:
    """All that must not be seen, of whatever ring there was."""
    found = {TOKEN, PASSPHRASE, CODE, STRANGER, STRANGER.rpartition("/")[2]}
    for text in shops.secrets.texts:
        told = json.loads(text)
        found |= {told[key] for key in told if key not in {"sign", "stores"}}
    for store in (ACME, CENTRY, ISET):
        found |= shops.secrets_of(store)
    cenit = CallbackTarget(*CENIT)
    found |= {shops.ring.mint(cenit).rpartition(".")[2], shops.ring.signing_secret(cenit)}
    return found - {""}


def test_every_verb_is_in_the_table() -> None:
    assert set(VERBS) == set(CALLS)


@pytest.mark.parametrize("form", ["people", "programs"])
@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_no_verb_shows_a_secret(
    shops: SubscribedShops, tmp_path: Path, verb: tuple[str, ...], form: str
) -> None:
    option = ("--json",) if form == "programs" else ()

    for call in CALLS.get(verb, ()):
        shops.input = call.input
        arguments = call.arguments.format(folder=tmp_path).split()
        result = shops.run(*verb, *arguments, *option)

        assert (result.exit_code, bool(result.output)) == (call.exit_code, True), result.output
        shown = result.stdout + result.stderr
        assert [secret for secret in _secrets(shops) if secret in shown] == []


def test_the_canary_would_be_seen(shops: SubscribedShops) -> None:
    said = shops.run("urls", "konimbo", "acme", "--json").output

    assert any(secret in said for secret in _secrets(shops))
    assert len(_secrets(shops)) > len(platforms()["konimbo"].topics)
