"""Errands: one store each, as a message of the queue."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from commerce_hooks.errors import CommerceHooksError
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.events import Origin


class StrangeErrandError(CommerceHooksError):
    """A message is no errand of ours: it ends among the dead letters, where somebody looks."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    platform: str
    store: str
    origin: Origin


class Errand(BaseModel):
    """See to one store.

    Args:
        origin: Who sent it: our schedule, or an operator.
    """

    model_config = ConfigDict(frozen=True)

    store: StoreId
    origin: Origin = "schedule"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of a message's body.

        Raises:
            StrangeErrandError: It is anything else. The text quotes nothing of it.
        """
        try:
            body = _Body.model_validate_json(text)
            store = StoreId.parse(f"{body.platform}/{body.store}")
        except (ValidationError, ValueError):
            raise StrangeErrandError("a message of the queue is no errand of ours") from None
        return cls(store=store, origin=body.origin)

    @property
    def text(self) -> str:
        """As a message's body."""
        platform, store = self.store
        return json.dumps({"platform": platform, "store": store, "origin": self.origin})


class ErrandQueue(Protocol):
    """The queue, in which one store's errands wait for one another and for nobody else's."""

    def put(self, errands: Mapping[str, Errand], seconds: float) -> Sequence[str | None]:
        """One call for at most ten errands; the answer has an error code, or None, for each.

        Args:
            errands: By a name that is never the same twice: put again, it is taken once.
            seconds: What the call may take.

        Raises:
            UnavailableError: None was taken, as far as is known.
        """
        ...


def errand_in(event: Mapping[str, Any]) -> Errand:
    """The one errand of a batch, as the template orders them.

    Raises:
        StrangeErrandError: It is none of ours.
    """
    (record,) = event["Records"]
    return Errand.parse(record["body"])
