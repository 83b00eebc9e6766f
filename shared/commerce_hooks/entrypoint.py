"""Where a platform's function is put together."""

import time
from collections.abc import Mapping
from typing import Any

from commerce_hooks.accepting import Acceptance, Services
from commerce_hooks.answering import answer
from commerce_hooks.callback import CallbackRequest
from commerce_hooks.observing import Observer
from commerce_hooks.outcomes import Receipt
from commerce_hooks.platform import Platform
from commerce_hooks.receiving import Receiver, Surroundings
from commerce_hooks.wiring import LambdaHandler, Wiring, new_callback_id, now, observed


def callback_handler(platform: Platform, environment: Mapping[str, str]) -> LambdaHandler:
    """The Lambda handler for a platform's callbacks; clients are made once, here."""
    wiring = Wiring.of(environment)
    observer = wiring.observer(platform.name)
    services = Services(
        delivery=wiring.delivery(),
        bucket=wiring.bucket(),
        bulk_queue=wiring.bulk_queue(),
        max_inline_bytes=wiring.settings.max_inline_bytes,
    )
    outside = Surroundings(
        key_rings=wiring.key_rings(observer),
        clock=time.monotonic,
        now=now,
        new_callback_id=new_callback_id,
        personal_topics=wiring.settings.personal_topics,
    )
    acceptance = Acceptance(wiring.builder(platform), services)
    return handler_of(Receiver(acceptance, outside), observer)


def handler_of(receiver: Receiver, observer: Observer) -> LambdaHandler:
    """Wrap a receiver for Lambda."""

    def handle(event: Mapping[str, Any]) -> tuple[Receipt, dict[str, Any]]:
        receipt = receiver.receive(CallbackRequest.from_gateway(event))
        return receipt, answer(receipt, receiver.platform)

    return observed(handle, observer)
