"""Where the function is put together: the queue, the stores, the platforms, AWS, the clock."""

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from commerce_hooks.aws import dynamodb, ssm
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.transport import Transport
from commerce_hooks.http.wire import Wire
from commerce_hooks.platform_access import Surroundings
from commerce_hooks.scheduled import task_of
from commerce_hooks.state.aws import DynamoStateTable
from commerce_hooks.store_parameters import SsmStoreReader, SsmStores
from commerce_hooks.subscriptions.rounds import ROUND_SECONDS
from commerce_hooks.wiring import PATIENCE, LambdaHandler, Wiring, new_callback_id, now
from ensure_subscriptions.aws import SqsErrandQueue
from ensure_subscriptions.dispatching import Dispatch
from ensure_subscriptions.errands import StrangeErrandError, errand_in
from ensure_subscriptions.observing import EnsureObserver
from ensure_subscriptions.opening import Opening
from ensure_subscriptions.platforms import Called, at_fakes, platform_called
from ensure_subscriptions.settings import EnsureSettings
from ensure_subscriptions.standing import Standings
from ensure_subscriptions.working import Worker

SEND_SECONDS = 60.0
"""For all errands; the stores have been read by then."""


def ensure_handler(
    environment: Mapping[str, str],
    transport: Transport | None = None,
    platform: Called = platform_called,
) -> LambdaHandler:
    """The Lambda handler for the schedule and the queue; clients are made once, here.

    Args:
        environment: Of the template.
        transport: The network towards platforms; the real one if None.
        platform: The platforms, by name.
    """
    wiring, own = Wiring.of(environment), EnsureSettings.from_environment(environment)
    settings, stack = wiring.settings, wiring.settings.deployment.partition("/")[0]
    fakes = own.fake_platforms
    platform = at_fakes(platform, fakes)
    observer, client = EnsureObserver(wiring.meter), cache(ssm)
    # A round just after a rotation has to know the new key.
    key_rings = wiring.key_rings(wiring.observer("ensure_subscriptions"), fresh_seconds=0)
    table = DynamoStateTable(settings.state_table, dynamodb, PATIENCE, new_callback_id)
    dispatch = Dispatch(
        stores=SsmStores(stack, client, PATIENCE),
        knows=lambda name: platform(name) is not None,
        queue=SqsErrandQueue(own.queue_url, wiring.sqs, PATIENCE),
        new_id=new_callback_id,
        pause=time.sleep,
    )
    around = Surroundings(
        transport=Wire(http_on_loopback=bool(fakes)) if transport is None else transport,
        table=table,
        now=now,
        clock=time.monotonic,
        pause=time.sleep,
        new_id=new_callback_id,
    )
    opening = Opening(
        reader=SsmStoreReader(stack, client, PATIENCE),
        key_rings=key_rings,
        platform=platform,
        around=around,
        base_urls=own.base_urls,
        personal_topics=settings.personal_topics,
    )
    worker = Worker(opening, around, settings.deployment, wiring.delivery(), observer)
    standings = Standings(table, key_rings, now, observer)
    return handler_of(dispatch, standings, worker, observer)


def handler_of(
    dispatch: Dispatch, standings: Standings, worker: Worker, observer: EnsureObserver
) -> LambdaHandler:
    """Wrap the parts for Lambda. What the task answers is read only by who calls it by hand."""

    def send() -> dict[str, Any]:
        try:
            sent = dispatch.go(Deadline(time.monotonic, SEND_SECONDS))
            observer.dispatched(len(sent))
            standing = standings.take(sent)
        except UnavailableError as error:
            observer.not_dispatched(error)
            raise
        observer.stand(standing)
        return {
            "sent": len(sent),
            "unhealed": [str(one.store) for one in standing.unhealed],
            "unverified": [str(one.store) for one in standing.unverified],
        }

    def work(event: Mapping[str, Any]) -> dict[str, Any]:
        until = Deadline(time.monotonic, ROUND_SECONDS)
        try:
            errand = errand_in(event)
        except StrangeErrandError:
            observer.strange(event["Records"][0]["messageId"])
            raise
        try:
            worker.work(errand, until)
        except UnavailableError as error:
            observer.unavailable(errand, error)
            raise
        return {}

    tasks: Mapping[str, Callable[[], dict[str, Any]]] = {"dispatch": send}

    def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        return work(event) if "Records" in event else task_of(event, tasks)()

    return lambda_handler
