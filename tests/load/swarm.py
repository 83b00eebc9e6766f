"""The process that sends: locust, which changes sockets and threads of whoever imports it.

Its order comes on standard input; each answer leaves as a line on standard output.
"""

import os
import sys
from typing import Any

from locust import FastHttpUser, log, task
from locust.env import Environment

from load.answers import answer_to
from load.orders import Order
from load.renewing import Renewal, interleaved

_CONNECTION_SECONDS = 5.0
_ANSWER_SECONDS = 20.0
# Longer, so that no request is cut off whose events may come.
_LAST_ANSWERS_SECONDS = 30.0


def main() -> None:
    """Send until the time is over, then wait for the last answers."""
    order = Order.model_validate_json(sys.stdin.buffer.read())
    environment = Environment(user_classes=[sender(order)], stop_timeout=_LAST_ANSWERS_SECONDS)
    environment.events.request.add_listener(tell)  # type: ignore[no-untyped-call] # locust's
    runner = environment.create_local_runner()
    runner.start(order.connections, spawn_rate=order.connections)
    runner.greenlet.join(timeout=order.seconds)
    runner.quit()
    if runner.exceptions or log.unhandled_greenlet_exception:
        sys.exit("Not everything could be sent, or told.")


def sender(order: Order) -> type[FastHttpUser]:
    """A user that sends one request after the other over one connection; all share the order."""
    requests, renewal = interleaved(order.requests), Renewal()

    class Sender(FastHttpUser):
        host = order.base_url
        concurrency = 1
        connection_timeout = _CONNECTION_SECONDS
        network_timeout = _ANSWER_SECONDS

        @task
        def send(self) -> None:
            request = next(requests)
            body, ids = renewal.of(request.body, request.ids)
            self.client.request(
                request.method,
                request.target,
                name=request.sample,  # or locust would keep the token
                data=body,  # type: ignore[arg-type] # bytes are sent as they are
                headers=request.headers,
                allow_redirects=False,
                context={"request": request, "ids": ids},
            )

    return Sender


def tell(response: Any, response_time: float, context: dict[str, Any], **_: Any) -> None:
    """A line for each request. Where nobody listens any more, this ends."""
    sent = context["request"], context["ids"]
    answer = answer_to(*sent, response.status_code, response.text, response_time)
    try:
        sys.stdout.write(answer.model_dump_json() + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(1)


if __name__ == "__main__":
    main()
