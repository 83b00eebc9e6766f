"""The collection that makes a Cenit tenant call our services, as the JSON that Cenit imports.

The shape is that of Cenit's own exports (github.com/yosle/GoodDay-Cenit-collection) and of its
models (github.com/cenit-io/cenit, `CollectionBehavior`); which records an integration needs, and
their names, is from its integration guide (github.com/cenit-io/eCapi at commit d820c98).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from commerce_hooks_cli.cenit_access import CONTENT_TYPE, TOKEN_HEADER
from commerce_hooks_cli.cenit_algorithms import Algorithm, Composer
from commerce_hooks_cli.cenit_calls import SERVICE_CALLS, ServiceCall

if TYPE_CHECKING:
    from collections.abc import Mapping

_BRANDS = frozenset({"get_brands"})
_CATEGORIES = frozenset({"get_categories", "get_category_attrs"})
# Cenit's own callback: nobody else has to agree to this authorization.
_AUTHORIZATION_ENDPOINT = "https://cenit.io/oauth/callback"
_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Collection:
    """What goes into a store's collection.

    Args:
        base_url: The deployment's CenitBaseUrl.
        namespace: In which all its records are at Cenit.
        without: Services that are left out.
        parameter: The template parameter for the secret.
        secret: Its value; None leaves it to be filled in at Cenit.
    """

    store: str
    base_url: str
    namespace: str
    signed: bool
    parameter: str
    without: frozenset[str] = frozenset()
    secret: str | None = field(default=None, repr=False)

    @property
    def calls(self) -> list[ServiceCall]:
        return [call for call in SERVICE_CALLS.values() if call.name not in self.without]

    @property
    def algorithms(self) -> list[Algorithm]:
        path = f"{urlsplit(self.base_url).path}/{self.store}"
        composer = Composer(signed=self.signed, parameter=self.parameter, path=path)
        return composer.algorithms({call.name for call in self.calls})

    def as_json(self) -> dict[str, Any]:
        slug = slug_of(self.namespace)
        return {
            "name": slug,
            "title": f"Commerce Hooks: {self.store}",
            "readme": self._readme(),
            "namespaces": [{"name": self.namespace, "slug": slug}],
            "algorithms": [self._algorithm(algorithm) for algorithm in self.algorithms],
            "snippets": [self._snippet(algorithm) for algorithm in self.algorithms],
            "webhooks": [self._webhook(call) for call in self.calls],
            "connections": [self._connection()],
            "authorizations": [self._authorization()],
            "oauth_providers": [self._provider()],
            "generic_clients": [self._client()],
        }

    def _named(self, name: str) -> dict[str, Any]:
        return {"namespace": self.namespace, "name": name}

    def _reference(self, name: str) -> dict[str, Any]:
        return {"_reference": True, **self._named(name)}

    def _readme(self) -> str:
        kind = "signs every call" if self.signed else "sends a token with every call"
        return (
            f"Calls the store {self.store} of a Commerce Hooks deployment, and {kind}. Fill in "
            f"the template parameter {self.parameter} of the authorization base; `commerce-hooks "
            f"urls cenit {self.store}{' --signed' if self.signed else ''}` prints it."
        )

    def _algorithm(self, algorithm: Algorithm) -> dict[str, Any]:
        return {
            **self._named(algorithm.name),
            "description": algorithm.description,
            "parameters": [{"name": name, "required": True} for name in algorithm.parameters],
            "snippet": self._reference(f"{algorithm.name}.rb"),
        }

    def _snippet(self, algorithm: Algorithm) -> dict[str, Any]:
        return {**self._named(f"{algorithm.name}.rb"), "type": "ruby", "code": algorithm.code}

    def _webhook(self, call: ServiceCall) -> dict[str, Any]:
        names = (*call.query, *filter(None, [call.id_name]))
        optional = {
            "parameters": _pairs({name: f"{{{{{name}}}}}" for name in call.query}),
            "template_parameters": _pairs(dict.fromkeys(names)),
        }
        return {
            "_type": "Setup::PlainWebhook",
            **self._named(call.name),
            "description": _about(call),
            "path": call.path("{{%s}}"),
            "method": call.method.lower(),
            "headers": _pairs(CONTENT_TYPE),
            **{name: pairs for name, pairs in optional.items() if pairs},
            "authorization": self._reference("base"),
        }

    def _connection(self) -> dict[str, Any]:
        url = urlsplit(self.base_url)
        token = {} if self.signed else {TOKEN_HEADER: f"{{{{{self.parameter}}}}}"}
        return {
            **self._named("connection"),
            "url": f"{url.scheme}://{{{{host}}}}{url.path}/{self.store}",
            "headers": _pairs({**CONTENT_TYPE, **token}),
            "template_parameters": _pairs({"host": url.netloc}),
            "authorization": self._reference("base"),
        }

    def _authorization(self) -> dict[str, Any]:
        return {
            "_type": "Setup::GenericCallbackAuthorization",
            **self._named("base"),
            "client": {
                "_reference": True,
                "_type": "Setup::GenericAuthorizationClient",
                "provider": self._reference("provider"),
                "name": self.namespace,
            },
            "callback_resolver": self._reference("do_authorization_callback"),
            "parameters": _pairs({"state": "{{callback_token}}"}),
            "template_parameters": _pairs({self.parameter: self.secret}),
        }

    def _provider(self) -> dict[str, Any]:
        return {
            "_type": "Setup::GenericAuthorizationProvider",
            **self._named("provider"),
            "authorization_endpoint": _AUTHORIZATION_ENDPOINT,
        }

    def _client(self) -> dict[str, Any]:
        return {
            "_type": "Setup::GenericAuthorizationClient",
            "provider": self._reference("provider"),
            "name": self.namespace,
        }


def left_out(*, brands: bool, categories: bool) -> frozenset[str]:
    """The services that only some shops have, for `Collection.without`."""
    return (_BRANDS if brands else frozenset()) | (_CATEGORIES if categories else frozenset())


def namespace_of(store: str) -> str:
    """A namespace that no other store gets: `CommerceHooks_acme_2` for `acme-2`."""
    return f"CommerceHooks_{store.replace('-', '_')}"


def slug_of(namespace: str) -> str:
    """A namespace's name as it stands in addresses: `commerce_hooks_acme_2`."""
    return _WORD_ENDS.sub("_", namespace).lower()


def _about(call: ServiceCall) -> str:
    event = call.detail_type
    return f"Becomes the event {event}." if event else "Asks for data."


def _pairs(values: Mapping[str, str | None]) -> list[dict[str, str]]:
    """Keys and values as Cenit has them; a value that is left open is not there."""
    return [
        {"key": key} if value is None else {"key": key, "value": value}
        for key, value in values.items()
    ]
