"""Where Cenit's function is put together."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from cenit.answering import for_gateway
from cenit.calls import Call
from cenit.responding import Responder, Surroundings
from cenit.services import PLATFORM
from commerce_hooks.observing import Observer
from commerce_hooks.outcomes import Receipt
from commerce_hooks.wiring import LambdaHandler, Wiring, new_callback_id, now, observed

_SIGNED_CALLS = UUID("6f1c5d0e-9a57-4c1f-8b0e-0d7c2f3a9e41")
"""Made once, at random: the names in it are signatures."""


def call_handler(environment: Mapping[str, str]) -> LambdaHandler:
    """The Lambda handler for Cenit's calls; clients are made once, here."""
    wiring = Wiring.of(environment)
    observer = wiring.observer(PLATFORM.name)
    outside = Surroundings(
        key_rings=wiring.key_rings(observer),
        publisher=wiring.delivery(),
        bucket=wiring.bucket(),
        clock=time.monotonic,
        now=now,
        new_callback_id=new_callback_id,
        callback_id_of=callback_id_of,
        max_inline_bytes=wiring.settings.max_inline_bytes,
    )
    return handler_of(Responder(wiring.builder(PLATFORM), outside), observer)


def handler_of(responder: Responder, observer: Observer) -> LambdaHandler:
    """Wrap a responder for Lambda."""

    def handle(event: Mapping[str, Any]) -> tuple[Receipt, dict[str, Any]]:
        answer = responder.respond(Call.from_gateway(event))
        return answer.receipt, for_gateway(answer)

    return observed(handle, observer)


def callback_id_of(signature: str) -> str:
    """The id of a signed call: the same call, sent again, has the same one."""
    return str(uuid5(_SIGNED_CALLS, signature))
