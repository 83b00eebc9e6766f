"""A collection as Cenit imports it: its shape, and what Cenit makes of its webhooks.

The shape is that of Cenit's own exports (github.com/yosle/GoodDay-Cenit-collection) and models
(github.com/cenit-io/cenit).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from commerce_hooks.keyring import KeyRing
from commerce_hooks_cli.cenit_access import CenitAccess
from commerce_hooks_cli.cenit_collection import Collection
from support.cenit import Switchboard, call_event
from support.command import RING
from support.receiving import Answered


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Pair(Part):
    key: str = Field(min_length=1)
    value: str | None = None


class Reference(Part):
    reference: Literal[True] = Field(alias="_reference")
    namespace: str
    name: str


class ClientReference(Part):
    reference: Literal[True] = Field(alias="_reference")
    type: Literal["Setup::GenericAuthorizationClient"] = Field(alias="_type")
    provider: Reference
    name: str


class Named(Part):
    namespace: str
    name: str = Field(pattern=r"^[a-z][a-z_]*(\.rb)?$")


class Parameter(Part):
    name: str = Field(pattern=r"^[a-z][a-z_]*$")
    required: bool


class AlgorithmPart(Named):
    description: str = Field(max_length=250)
    parameters: list[Parameter]
    snippet: Reference


class Snippet(Named):
    type: Literal["ruby"]
    code: str = Field(min_length=1)


class Webhook(Named):
    type: Literal["Setup::PlainWebhook"] = Field(alias="_type")
    description: str
    path: str
    method: Literal["get", "post", "put", "delete"]
    headers: list[Pair]
    parameters: list[Pair] = []
    template_parameters: list[Pair] = []
    authorization: Reference


class Connection(Named):
    url: str
    headers: list[Pair]
    template_parameters: list[Pair]
    authorization: Reference


class Authorization(Named):
    type: Literal["Setup::GenericCallbackAuthorization"] = Field(alias="_type")
    client: ClientReference
    callback_resolver: Reference
    parameters: list[Pair]
    template_parameters: list[Pair]


class Provider(Named):
    type: Literal["Setup::GenericAuthorizationProvider"] = Field(alias="_type")
    authorization_endpoint: str


class Client(Part):
    type: Literal["Setup::GenericAuthorizationClient"] = Field(alias="_type")
    provider: Reference
    name: str


class Namespace(Part):
    name: str
    slug: str = Field(pattern=r"^[a-z][a-z0-9_]*$")


class CenitCollection(Part):
    name: str
    title: str
    readme: str
    namespaces: list[Namespace]
    algorithms: list[AlgorithmPart]
    snippets: list[Snippet]
    webhooks: list[Webhook]
    connections: list[Connection]
    authorizations: list[Authorization]
    oauth_providers: list[Provider]
    generic_clients: list[Client]


def rendered(template: str, values: Mapping[str, str]) -> str:
    """Liquid, of which only outputs are used; what has no value is left out."""
    return re.sub(r"{{(\w+)}}", lambda found: values.get(found[1], ""), template)


def pairs(entries: list[Pair], values: Mapping[str, str]) -> dict[str, str]:
    return {entry.key: rendered(entry.value or "", values) for entry in entries}


def request_of(
    made: CenitCollection, service: str, given: Mapping[str, str], secrets: Mapping[str, str]
) -> tuple[str, str, dict[str, str]]:
    """Method, URL and headers of a webhook's call, put together as `PlainWebhook.submit` does."""
    (connection,) = made.connections
    (webhook,) = [one for one in made.webhooks if one.name == service]
    known = {pair.key: pair.value for pair in connection.template_parameters if pair.value}
    values = {**known, **secrets, **given}
    query = {name: value for name, value in pairs(webhook.parameters, values).items() if value}
    url = rendered(connection.url, values).rstrip("/") + f"/{rendered(webhook.path, values)}"
    headers = {**pairs(connection.headers, values), **pairs(webhook.headers, values)}
    return webhook.method.upper(), url + (f"?{urlencode(query)}" if query else ""), headers


def arrived(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
    """The call as our function takes it, behind the gateway."""
    split = urlsplit(url)
    base, store, service, *id_ = split.path.removeprefix("/").split("/")
    assert base == "cenit"
    board = Switchboard()
    board.key_rings.ring = json.loads(RING)
    return board.handle(
        call_event(
            service,
            body,
            method=method,
            id_=id_[0] if id_ else None,
            store=store,
            headers=headers,
            query=dict(parse_qsl(split.query, strict_parsing=bool(split.query))),
        )
    )


GIVEN = {"order_id": "order-1", "item_id": "50002", "limit": "1000", "offset": "0"} | {
    "payload": "<Request><Image><Url>https://img.example/a.png</Url></Image></Request>"
}


def collection(*, signed: bool = False, **changes: Any) -> CenitCollection:
    access = CenitAccess.of(KeyRing.parse(RING), "acme", signed=signed)
    made = Collection(
        store="acme",
        base_url="https://hooks.shop.example/cenit",
        namespace="CommerceHooksAcme",
        signed=signed,
        parameter=access.parameter,
    )
    return CenitCollection.model_validate(replace(made, **changes).as_json())


def secret(*, signed: bool) -> dict[str, str]:
    access = CenitAccess.of(KeyRing.parse(RING), "acme", signed=signed)
    return {access.parameter: access.secret}
