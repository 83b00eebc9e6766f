"""A call of Cenit's as API Gateway hands it over. Nothing in it is trusted yet."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from cenit.services import COMMANDS, PLATFORM, SERVICES
from cenit.signing import call_path
from commerce_hooks.callback import CallbackRequest
from commerce_hooks.callback_urls import STORE_NAME
from commerce_hooks.keyring import CallbackTarget

# A REST API hands path parameters over as they were sent, percent-encoded (recorded in
# github.com/hotsock/voker, vokerhttp/testdata), other front doors decode them. What needs no
# encoding is the same everywhere; another id can be sent in the query or the body.
_PATH_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")


@dataclass(frozen=True, slots=True)
class Place:
    """What a call's path names."""

    store: str
    service: str
    id: str | None

    @property
    def target(self) -> CallbackTarget:
        """What a token or signature has to be for: one store, all of its services."""
        return CallbackTarget(PLATFORM.name, self.store)

    @property
    def path(self) -> str:
        return call_path(self.store, self.service, self.id)


@dataclass(frozen=True, slots=True)
class Call:
    """A REST API's request, payload format 1.0.

    Args:
        headers: All values of each, by its name in small letters.
        query: Names and values, decoded; a name may come repeatedly.
    """

    request: CallbackRequest
    headers: Mapping[str, Sequence[str]]
    query: Sequence[tuple[str, str]]

    @classmethod
    def from_gateway(cls, event: Mapping[str, Any]) -> Self:
        query = event.get("multiValueQueryStringParameters") or {}
        headers: dict[str, list[str]] = {}
        for name, values in (event.get("multiValueHeaders") or {}).items():
            headers.setdefault(name.lower(), []).extend(values)
        return cls(
            request=CallbackRequest.from_gateway(event),
            headers=headers,
            query=[(name, value) for name, values in query.items() for value in values],
        )

    def place(self) -> Place | None:
        """What the path names; None if it cannot be one of ours."""
        parameters = self.request.path_parameters
        store, service = parameters.get("store", ""), parameters.get("service", "")
        id_ = parameters.get("id")
        if not STORE_NAME.fullmatch(store) or service not in SERVICES:
            return None
        if id_ is not None and not (_PATH_ID.fullmatch(id_) and _takes_id(service)):
            return None
        return Place(store, service, id_)


def _takes_id(service: str) -> bool:
    command = COMMANDS.get(service)
    return command is None or command.id_name is not None
