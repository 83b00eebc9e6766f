"""Stores whose subscriptions are looked at at once: added, authorized, rotated or revoked ones."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from commerce_hooks.errors import UnavailableError
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.platform_access import Checked, Finding
from commerce_hooks.stores import StoreConfiguration, StoreId
from support.command import FakeStores, Result
from support.keys import ActivityQueues
from support.store_world import ACME, CREDENTIALS
from support.stores import ConsentedAccess, platform_access
from support.subscribed_shops import CENTRY, SubscribedShops

ASKED = {"platform": "konimbo", "store": "acme", "origin": "operator"}


@pytest.fixture
def older(subscribed: SubscribedShops) -> SubscribedShops:
    """With a deployment that has no such function."""
    known = subscribed.deployed.outputs
    outputs = {name: value for name, value in known.items() if "Ensure" not in name}
    subscribed.deployment = replace(subscribed.deployed, outputs=outputs)
    return subscribed


@pytest.fixture
def broken(subscribed: SubscribedShops) -> SubscribedShops:
    """With a deployment whose queue is gone."""
    boto3.client("sqs").delete_queue(QueueUrl=subscribed.requests_queue)
    return subscribed


def add(shops: SubscribedShops, *options: str, store: StoreId = ACME) -> str:
    """Add a store; what people are shown."""
    shops.input = json.dumps(CREDENTIALS)
    result = shops.run("stores", "add", *store, "--credentials-from", "-", "--no-wait", *options)
    assert result.exit_code == 0
    return " ".join(result.output.split())


def test_a_store_that_is_added_is_looked_at_now_and_it_says_so(
    subscribed: SubscribedShops,
) -> None:
    shown = add(subscribed)

    assert subscribed.requests() == [ASKED]
    assert "Its subscriptions at konimbo are being made now" in shown
    assert "`commerce-hooks subscriptions status konimbo acme` shows them" in shown
    assert "POST /v1/webhooks" not in shown


def test_the_message_is_compact_and_of_the_stores_own_group(subscribed: SubscribedShops) -> None:
    add(subscribed)

    told = boto3.client("sqs").receive_message(
        QueueUrl=subscribed.requests_queue, AttributeNames=["All"]
    )
    (message,) = told["Messages"]
    assert message["Body"] == '{"platform":"konimbo","store":"acme","origin":"operator"}'
    assert message["Attributes"]["MessageGroupId"] == "konimbo/acme"


def test_it_is_looked_at_as_often_as_it_is_written(subscribed: SubscribedShops) -> None:
    add(subscribed)
    add(subscribed, "--replace")

    assert subscribed.requests() == [ASKED, ASKED]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--policy", "plan"), "subscriptions plan konimbo acme"),
        (("--policy", "off"), "POST /v1/webhooks"),
    ],
)
def test_not_where_nothing_would_be_changed(
    subscribed: SubscribedShops, options: tuple[str, ...], said: str
) -> None:
    shown = add(subscribed, *options)

    assert subscribed.requests() == []
    assert said in shown


def test_nor_while_its_urls_are_disabled(subscribed: SubscribedShops) -> None:
    add(subscribed)
    subscribed.set_entry("konimbo/acme", disabled=True)
    subscribed.requests()

    add(subscribed, "--replace")

    assert subscribed.requests() == []


def test_nor_before_the_platform_lets_us_in(subscribed: SubscribedShops) -> None:
    consented = ConsentedAccess()
    consented.checked = Checked((Finding("the shop has to consent"),))
    subscribed.accesses["centry"] = platform_access("centry", consented)

    shown = add(subscribed, store=CENTRY)

    assert subscribed.requests() == []
    assert "being made now" not in shown
    subscribed.input = "a-code"
    subscribed.run("stores", "authorize", *CENTRY)
    assert subscribed.requests() == [{**ASKED, "platform": "centry"}]


def test_iset_has_no_subscriptions_and_stays_as_it_was(subscribed: SubscribedShops) -> None:
    result = subscribed.run("stores", "add", "iset", "acme", "--no-wait")

    assert subscribed.requests() == []
    assert "the URLs go into the shop's panel, by hand" in result.stdout


def test_an_older_deployment_is_asked_nothing_and_the_verb_is_named(
    older: SubscribedShops,
) -> None:
    shown = add(older)

    assert "`commerce-hooks subscriptions apply konimbo acme` makes them now." in shown
    assert "warning" not in shown


def test_a_queue_that_takes_nothing_is_a_remark_and_no_error(broken: SubscribedShops) -> None:
    shown = add(broken)

    assert "warning: Subscriptions are looked at by the next round only: " in shown
    assert "subscriptions apply konimbo acme` makes them now." in shown


def test_a_consent_is_a_consent_though_the_queue_takes_nothing(broken: SubscribedShops) -> None:
    broken.accesses["centry"] = platform_access("centry", ConsentedAccess())
    add(broken, store=CENTRY)
    broken.input = "a-code"

    result = broken.run("stores", "authorize", *CENTRY)

    assert result.exit_code == 0
    assert "Subscriptions are looked at by the next round only" in result.stderr


STORES = """
stores:
  konimbo/acme: {credentials: {from_file: credentials.json}}
  konimbo/other: {credentials: {from_file: credentials.json}, policy: plan}
  centry/acme: {credentials: {from_file: credentials.json}, policy: sync}
  iset/acme: {}
"""


def apply(shops: SubscribedShops, folder: Path) -> str:
    (folder / "credentials.json").write_text(json.dumps(CREDENTIALS))
    (folder / "credentials.json").chmod(0o600)
    (folder / "stores.yaml").write_text(STORES)
    result = shops.run("stores", "apply", str(folder / "stores.yaml"))
    assert result.exit_code == 0
    return result.stderr


def test_of_a_file_those_are_looked_at_that_were_written_and_act(
    subscribed: SubscribedShops, tmp_path: Path
) -> None:
    said = apply(subscribed, tmp_path)

    assert [(one["platform"], one["store"]) for one in subscribed.requests()] == [
        ("centry", "acme"),
        ("konimbo", "acme"),
    ]
    assert "The subscriptions of 2 stores are being looked at now" in said

    apply(subscribed, tmp_path)
    assert subscribed.requests() == []  # nothing was written


def test_of_a_file_a_queue_that_takes_nothing_is_a_remark(
    broken: SubscribedShops, tmp_path: Path
) -> None:
    assert "Subscriptions are looked at by the next round only" in apply(broken, tmp_path)


def test_a_file_for_an_older_deployment_says_nothing(
    older: SubscribedShops, tmp_path: Path
) -> None:
    assert "subscriptions" not in apply(older, tmp_path).lower()


@pytest.fixture
def rotating(subscribed: SubscribedShops) -> SubscribedShops:
    """With stores that are on the list, and all that `keys rotate` looks at."""
    add(subscribed)
    add(subscribed, "--policy", "plan", store=StoreId("konimbo", "planned"))
    subscribed.run("stores", "add", "iset", "acme", "--no-wait")
    subscribed.requests()
    subscribed.stores = FakeStores(dict(subscribed.book.all()))
    activity, known = ActivityQueues(), subscribed.deployed.clients
    subscribed.deployment = replace(
        subscribed.deployed,
        clients=lambda name: activity if name == "cloudwatch" else known(name),
    )
    return subscribed


def test_once_a_new_key_signs_subscriptions_are_given_new_urls(
    rotating: SubscribedShops,
) -> None:
    result = rotating.run("keys", "rotate")

    assert rotating.ring.sign == "k2"
    assert rotating.requests() == [ASKED]
    assert "The subscriptions of 1 stores are given new URLs now." in result.stderr


def test_not_before_it_signs(rotating: SubscribedShops) -> None:
    rotating.run("keys", "rotate", "--no-wait")

    assert (rotating.ring.sign, rotating.requests()) == ("k1", [])


def test_a_rotation_is_done_though_nobody_can_be_asked(rotating: SubscribedShops) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=rotating.requests_queue)

    result = rotating.run("keys", "rotate")

    assert rotating.ring.sign == "k2"
    assert "Subscriptions are looked at by the next round only" in result.stderr


def test_stores_that_cannot_be_told_are_a_remark(rotating: SubscribedShops) -> None:
    known = rotating.stores

    class FailingOnce(FakeStores):
        """Only the first who asks is told nothing."""

        def all(self) -> Mapping[StoreId, StoreConfiguration | None]:
            rotating.stores = known
            raise UnavailableError("parameters", "Timeout")

    rotating.stores = FailingOnce()

    result = rotating.run("keys", "rotate")

    assert (result.exit_code, rotating.ring.sign, rotating.requests()) == (0, "k2", [])
    assert "Which stores have subscriptions could not be told: parameters: Timeout." in (
        result.stderr
    )


def test_an_older_deployment_is_not_even_asked_which_stores_it_has(
    rotating: SubscribedShops,
) -> None:
    known = rotating.deployed.outputs
    outputs = {name: value for name, value in known.items() if "Ensure" not in name}
    rotating.deployment = replace(rotating.deployed, outputs=outputs)

    result = rotating.run("keys", "rotate")

    assert (result.exit_code, rotating.requests()) == (0, [])
    assert "subscriptions of" not in result.stderr


@pytest.fixture
def added(subscribed: SubscribedShops) -> SubscribedShops:
    """With a store, which was looked at."""
    add(subscribed)
    subscribed.requests()
    return subscribed


def revoke(shops: SubscribedShops, *options: str, store: StoreId = ACME) -> Result:
    result = shops.run("keys", "revoke", str(store), *options)
    assert result.exit_code == 0
    return result


def test_a_store_whose_urls_are_revoked_is_given_new_ones_now_and_it_says_so(
    added: SubscribedShops,
) -> None:
    """Until then Konimbo calls URLs that are refused, and repeats nothing."""
    shown = " ".join(revoke(added).stdout.split())

    assert added.requests() == [ASKED]
    assert "Its subscriptions at konimbo are given such URLs now" in shown
    assert "`commerce-hooks subscriptions status konimbo acme` shows them" in shown


def test_it_is_requested_only_once_the_key_ring_is_written(added: SubscribedShops) -> None:
    generations = []
    known = added.deployed.clients

    class Noting:
        def send_message(self, **message: object) -> object:
            target = CallbackTarget(*ACME)
            generations.append(added.ring.store(target).generation)
            return known("sqs").send_message(**message)

    added.deployment = replace(
        added.deployed, clients=lambda name: Noting() if name == "sqs" else known(name)
    )

    revoke(added)

    assert generations == [2]


def test_whether_it_was_requested_is_told_to_programs(added: SubscribedShops) -> None:
    acting = revoke(added, "--json").json
    add(added, "--replace", "--policy", "plan")
    planned = revoke(added, "--json").json

    assert (acting["subscriptions_requested"], planned["subscriptions_requested"]) == (True, False)


@pytest.mark.parametrize("policy", ["plan", "off"])
def test_revoking_requests_nothing_where_nothing_would_be_changed(
    added: SubscribedShops, policy: str
) -> None:
    add(added, "--replace", "--policy", policy)
    added.requests()

    shown = revoke(added).output

    assert added.requests() == []
    assert "Its subscriptions" not in shown


def test_nor_of_a_store_that_nobody_configured(added: SubscribedShops) -> None:
    revoke(added, store=StoreId("konimbo", "unknown"))

    assert added.requests() == []


def test_nor_where_the_platform_has_no_api_to_call(added: SubscribedShops) -> None:
    acting = added.configuration()
    assert acting.policy == "upsert"
    added.book.write(StoreId("iset", "acme"), acting)

    revoke(added, store=StoreId("iset", "acme"))

    assert added.requests() == []


def test_a_store_that_is_let_in_again_is_looked_at_and_not_before(added: SubscribedShops) -> None:
    """The key in its URLs may have been retired meanwhile."""
    revoke(added, "--disable")
    revoke(added)
    assert added.requests() == []

    shown = " ".join(revoke(added, "--enable").stdout.split())

    assert added.requests() == [ASKED]
    assert "Its subscriptions at konimbo are given such URLs now" in shown


def test_what_is_revoked_is_revoked_though_nobody_can_be_asked(added: SubscribedShops) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=added.requests_queue)

    result = revoke(added)

    assert added.ring.store(CallbackTarget(*ACME)).generation == 2
    assert "Subscriptions are looked at by the next round only: " in result.stderr
    assert "`commerce-hooks subscriptions apply konimbo acme` gives its" in result.stdout


def test_and_though_nobody_can_tell_what_is_configured(added: SubscribedShops) -> None:
    known = added.deployed.clients

    class Refusing:
        def get_parameter(self, **_: object) -> object:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetParameter")

    added.deployment = replace(
        added.deployed, clients=lambda name: Refusing() if name == "ssm" else known(name)
    )

    result = revoke(added)

    assert added.ring.store(CallbackTarget(*ACME)).generation == 2
    assert "Subscriptions are looked at by the next round only: " in result.stderr


def test_revoking_in_an_older_deployment_requests_nothing(older: SubscribedShops) -> None:
    add(older)

    shown = revoke(older).output

    assert older.requests() == []
    assert "warning: Subscriptions" not in shown
