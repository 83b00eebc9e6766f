"""`commerce-hooks cenit collection`: what Cenit imports makes it call us as we take it."""

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cenit.answering import METHODS
from cenit.services import COMMANDS, QUERIES, SERVICES
from commerce_hooks_cli.cenit_calls import SERVICE_CALLS
from commerce_hooks_cli.cenit_collection import namespace_of, slug_of
from support.cenit import Switchboard, call_samples
from support.cenit_import import GIVEN, CenitCollection, arrived, collection, request_of, secret
from support.command import LOCAL, RING, FakeSecrets, FakeWorld


@pytest.mark.parametrize("signed", [False, True])
def test_it_has_the_fourteen_services_by_their_exact_names(*, signed: bool) -> None:
    made = collection(signed=signed)

    assert {webhook.name for webhook in made.webhooks} == SERVICES
    assert len(made.webhooks) == 14
    assert [connection.name for connection in made.connections] == ["connection"]
    assert [authorization.name for authorization in made.authorizations] == ["base"]


@pytest.mark.parametrize("signed", [False, True])
def test_every_reference_leads_to_a_record(*, signed: bool) -> None:
    made = collection(signed=signed)
    named = [*made.algorithms, *made.snippets, *made.authorizations, *made.oauth_providers]
    known = {(record.namespace, record.name) for record in named}

    wanted = [
        *(algorithm.snippet for algorithm in made.algorithms),
        *(webhook.authorization for webhook in made.webhooks),
        *(connection.authorization for connection in made.connections),
        *(authorization.callback_resolver for authorization in made.authorizations),
        *(client.provider for client in made.generic_clients),
    ]

    assert {(one.namespace, one.name) for one in wanted} <= known
    (authorization,), (client,) = made.authorizations, made.generic_clients
    assert (authorization.client.provider, authorization.client.name) == (
        client.provider,
        client.name,
    )
    assert {record.namespace for record in named} == {made.namespaces[0].name}


def test_path_ids_and_queries_stand_where_cenits_examples_have_them() -> None:
    made = {webhook.name: webhook for webhook in collection().webhooks}

    assert made["update_order"].path == "update_order/{{order_id}}"
    assert made["delete_product"].path == "delete_product/{{item_id}}"
    assert [p.key for p in made["get_brands"].parameters] == ["limit", "offset"]
    assert [p.key for p in made["upload_image"].parameters] == ["payload"]
    for name, command in COMMANDS.items():
        assert SERVICE_CALLS[name].id_name in {None, command.id_name}


def test_methods_are_those_of_the_sample_calls() -> None:
    samples = {sample.service: sample for sample in call_samples()}

    assert samples.keys() == COMMANDS.keys()
    for name, sample in samples.items():
        call = SERVICE_CALLS[name]
        assert (call.method, bool(call.id_name)) == (sample.method, bool(sample.id))
        assert call.query == tuple(sample.query)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_webhook_resolves_to_a_call_that_we_take(service: str) -> None:
    method, url, headers = request_of(collection(), service, GIVEN, secret(signed=False))

    assert url.startswith(f"https://hooks.shop.example/cenit/acme/{service}")
    assert service in QUERIES or method in METHODS
    assert headers["Content-Type"] == "application/json"
    # Genuine, and past every check of path and method: 400 is about what is in the body.
    answered = arrived(method, url, headers, b"")
    assert answered.status in ({200, 400} if service in COMMANDS else {501})


def test_a_command_that_cenit_makes_of_it_becomes_an_event() -> None:
    for sample in call_samples():
        given = {**GIVEN, **dict(sample.query)}
        method, url, headers = request_of(collection(), sample.service, given, secret(signed=False))

        answered = arrived(method, url, headers, sample.body)

        assert (answered.status, answered.body["status"]) == (200, "accepted")


def test_without_its_secret_a_call_is_refused() -> None:
    method, url, headers = request_of(collection(), "create_order", GIVEN, {})

    assert arrived(method, url, headers, b"{}").status == 401


@pytest.mark.parametrize(
    ("option", "services", "algorithms"),
    [
        ("--without-brands", {"get_brands"}, {"do_get_brands"}),
        (
            "--without-categories",
            {"get_categories", "get_category_attrs"},
            {"do_get_categories", "do_get_properties"},
        ),
    ],
)
def test_what_only_some_shops_have_can_be_left_out(
    world: FakeWorld, option: str, services: set[str], algorithms: set[str]
) -> None:
    whole = collection()

    made = CenitCollection.model_validate(world.run("cenit", "collection", "acme", option).json)

    assert {w.name for w in whole.webhooks} - {w.name for w in made.webhooks} == services
    assert {a.name for a in whole.algorithms} - {a.name for a in made.algorithms} == algorithms
    assert len(made.algorithms) == len(made.snippets)


def test_every_service_has_an_algorithm_and_the_guides_parameters() -> None:
    made = {a.name: [p.name for p in a.parameters] for a in collection().algorithms}

    # From Cenit's integration guide; `authorization` resolvers need exactly two.
    assert made == {
        "do_after_authorize": ["integration", "webhook", "task"],
        "do_authorization_callback": ["callback_params", "template_parameters"],
        "do_cancel_order": ["order", "webhook", "task"],
        "do_delete_remote_product": ["product", "webhook", "task"],
        "do_export_image": ["url", "integration", "webhook", "task"],
        "do_export_order_create": ["data", "integration", "webhook", "task"],
        "do_export_order_update": ["data", "integration", "webhook", "order_exported", "task"],
        "do_get_brands": ["integration", "webhook", "task"],
        "do_get_categories": ["integration", "webhook", "task"],
        "do_get_integration_metadata": ["integration", "webhook"],
        "do_get_order": ["integration", "number", "webhook", "task"],
        "do_get_order_document": ["order", "doc_type", "webhook"],
        "do_get_orders": ["integration", "webhook", "task"],
        "do_get_product": ["integration", "product_id", "webhook", "task"],
        "do_get_products": ["integration", "webhook", "task"],
        "do_get_properties": ["integration", "category", "webhook"],
    }


def test_the_algorithms_read_all_that_we_answer() -> None:
    code = {snippet.name: snippet.code for snippet in collection().snippets}
    by_service = {
        "create_order": "do_export_order_create.rb",
        "update_order": "do_export_order_update.rb",
        "cancel_order": "do_cancel_order.rb",
        "delete_product": "do_delete_remote_product.rb",
        "upload_image": "do_export_image.rb",
    }
    ours = {"status", "callback_id", "event_ids"}  # for an operator who looks at Cenit's log

    for sample in call_samples():
        answer = Switchboard().sample(sample).body
        told = {key for key in _keys(answer) if key not in ours}
        words = set(re.findall(r"\w+", code[by_service[sample.service]]))
        assert told <= words
        assert {"error", "errors", "message"} <= words


def _keys(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield key
            yield from _keys(value)


def test_the_secret_is_left_to_be_filled_in_and_it_says_how(world: FakeWorld) -> None:
    result = world.run("cenit", "collection", "acme")

    assert [p["key"] for p in result.json["authorizations"][0]["template_parameters"]] == [
        "api_key"
    ]
    for token in (*secret(signed=False).values(), *secret(signed=True).values()):
        assert token.rpartition(".")[2] not in result.output
    assert "`commerce-hooks urls cenit acme` prints it" in result.stderr


def test_with_the_secret_it_goes_into_a_file_of_its_owner_alone(
    world: FakeWorld, tmp_path: Path
) -> None:
    path = tmp_path / "collection.json"

    result = world.run("cenit", "collection", "acme", "--with-secret", "--output", str(path))

    made = json.loads(path.read_text())
    (parameter,) = made["authorizations"][0]["template_parameters"]
    assert parameter == {"key": "api_key", "value": secret(signed=False)["api_key"]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret(signed=False)["api_key"] not in result.output
    assert "treat it like a password, and delete it after the import" in result.stderr


def test_a_secret_never_goes_to_the_standard_output(world: FakeWorld) -> None:
    result = world.run("cenit", "collection", "acme", "--with-secret")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--output FILE.json" in result.stderr


def test_a_file_is_replaced_only_by_force(world: FakeWorld, tmp_path: Path) -> None:
    path = tmp_path / "collection.json"
    path.write_text("mine")

    refused = world.run("cenit", "collection", "acme", "--output", str(path))
    forced = world.run("cenit", "collection", "acme", "--output", str(path), "--force", "--json")

    assert (refused.exit_code, "--force" in refused.stderr) == (2, True)
    assert json.loads(path.read_text())["name"] == "commerce_hooks_acme"
    assert forced.json == {
        "file": str(path),
        "store": "acme",
        "namespace": "CommerceHooks_acme",
        "signed": False,
        "secret_in_file": False,
        "secret_parameter": "api_key",
        "webhooks": list(SERVICE_CALLS),
        "algorithms": sorted(forced.json["algorithms"]),
    }


@pytest.mark.parametrize(
    ("options", "signed", "warned"),
    [([], True, False), (["--signed"], True, False), (["--static"], False, True)],
)
def test_a_store_that_takes_signed_calls_only_gets_what_signs(
    world: FakeWorld, options: list[str], *, signed: bool, warned: bool
) -> None:
    ring = {**json.loads(RING), "stores": {"cenit/acme": {"signed_only": True}}}
    world.deployment = replace(LOCAL, clients=lambda _: FakeSecrets(json.dumps(ring)))

    result = world.run("cenit", "collection", "acme", *options)

    (parameter,) = result.json["authorizations"][0]["template_parameters"]
    assert (parameter["key"] == "signing_key") == signed
    assert ("refuses calls with a token" in result.stderr) == warned


def test_the_namespace_can_be_named(world: FakeWorld) -> None:
    made = world.run("cenit", "collection", "acme", "--namespace", "Ov2Acme").json

    assert made["namespaces"] == [{"name": "Ov2Acme", "slug": "ov2_acme"}]
    assert made["connections"][0]["namespace"] == "Ov2Acme"


@pytest.mark.parametrize("name", ["", "my shop", "1st", "_a", "a/b", "x" * 64, "{{x}}"])
def test_a_name_that_cannot_be_one_is_bad_usage(world: FakeWorld, name: str) -> None:
    result = world.run("cenit", "collection", "acme", "--namespace", name)

    assert (result.exit_code, result.stdout) == (2, "")


def test_every_store_has_a_namespace_of_its_own() -> None:
    stores = ("acme", "acme-2", "acme2", "a-cme2", "2nd", "a--b", "a-b")
    namespaces = [namespace_of(store) for store in stores]

    assert namespaces[:2] == ["CommerceHooks_acme", "CommerceHooks_acme_2"]
    assert len({slug_of(name) for name in namespaces}) == len(set(namespaces)) == len(stores)
    assert slug_of("Ov2MyShop") == "ov2_my_shop"
