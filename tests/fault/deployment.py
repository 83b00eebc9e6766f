"""Our functions in an account: the real handlers and adapters, on the fakes and the one clock.

Mutants are deployments of which one part is another.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from bulk.job import BulkJob
from bulk.worker import Worker
from cenit.entrypoint import callback_id_of
from cenit.entrypoint import handler_of as handler_of_calls
from cenit.responding import Responder
from cenit.responding import Surroundings as CallSurroundings
from cenit.services import PLATFORM as CENIT
from commerce_hooks.accepting import Acceptance, Services
from commerce_hooks.aws import (
    EventBridgeBus,
    Patience,
    S3PayloadBucket,
    SecretsManagerKeyRing,
    SqsBulkQueue,
    SqsOutboxQueue,
)
from commerce_hooks.deadline import Deadline
from commerce_hooks.delivery import Delivery
from commerce_hooks.entrypoint import handler_of
from commerce_hooks.events import EventBuilder
from commerce_hooks.observing import Meter, Observer
from commerce_hooks.outbox import Outbox
from commerce_hooks.outcomes import Receipt
from commerce_hooks.platform import Platform
from commerce_hooks.publishing import Publisher
from commerce_hooks.receiving import Receiver, Surroundings
from fault.account import Account
from fault.bodies import PERSONAL_TOPICS
from fault.expected import DEPLOYMENT, MAX_INLINE_BYTES
from fault.kinds import Service
from redeliver.aws import S3Objects
from redeliver.batches import Batches
from redeliver.dead_letters import DeadLetters
from redeliver.draining import Drain
from redeliver.entrypoint import Parts
from redeliver.entrypoint import handler_of as handler_of_letters
from redeliver.redelivery import Redelivery
from redeliver.sweeping import Sweep
from support.platforms import platforms, senders
from support.strict_eventbridge import BUS_ARN

Handler: TypeAlias = Callable[[Mapping[str, Any], Any], Any]
_BULK_SECONDS = 50.0
"""As in the entry point of bulks."""


class Witness(Observer):
    """Takes receipts, and writes no log."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []

    def key_ring_stale(self, cause: str) -> None:
        pass

    def received(self, receipt: Receipt, request_ids: dict[str, str], milliseconds: float) -> None:  # noqa: ARG002 - as the Observer has it
        self.receipts.append(receipt)


class Silence:
    """What jobs tell."""

    def ran(self, level: str, **fields: object) -> None:
        pass


class NoMeter(Meter):
    """Measures nothing."""

    def measure(self, *_: object, **__: object) -> None:
        pass


class ObjectsInTurn(S3Objects):
    """Reads objects one by one, as if at the same time: a run has to be the same every time."""

    def __init__(self, deployment: "Deployment") -> None:
        account = deployment.account
        super().__init__(account.bucket.name, account.s3.client, deployment.patience)
        self._clock = account.clock

    def read(self, keys: Sequence[str], seconds: float) -> Mapping[str, bytes]:
        begun = ended = self._clock.seconds
        found: dict[str, bytes] = {}
        for key in keys:
            self._clock.seconds = begun
            try:
                held = self._bucket.get(key, seconds)
            finally:
                ended = self._clock.seconds = max(ended, self._clock.seconds)
            if held:
                found[key] = held[0]
        return found


class Deployment:
    """What the entry points wire; each method makes a part anew, as a new container does."""

    reports_failures = True
    """Whether the template says `ReportBatchItemFailures`."""

    def __init__(self, account: Account) -> None:
        self.account = account
        clock = account.clock
        self.patience = Patience(clock, clock.sleep, clock.within)
        self.next_callback_id = ""
        self.received_at: datetime | None = None
        self.witness = Witness()

    def bus(self) -> EventBridgeBus:
        return self.bus_of(EventBridgeBus)

    def bus_of(self, kind: type[EventBridgeBus]) -> EventBridgeBus:
        account = self.account
        return kind(account.event_bridge.client(), BUS_ARN, account.clock.within)

    def publisher(self) -> Publisher:
        return Publisher(self.bus(), self.account.clock.sleep)

    def bucket(self) -> S3PayloadBucket:
        return S3PayloadBucket(self.account.bucket.name, self.account.s3.client, self.patience)

    def letters(self, service: Service) -> SqsOutboxQueue:
        url = self.account.queues[service].url
        return SqsOutboxQueue(url, self.account.sqs[service].client, self.patience)

    def bulk_queue(self) -> SqsBulkQueue:
        url = self.account.queues[Service.BULK].url
        return SqsBulkQueue(url, self.account.sqs[Service.BULK].client, self.patience)

    def key_rings(self) -> SecretsManagerKeyRing:
        client = self.account.secrets.client()
        return SecretsManagerKeyRing(
            client, self.account.ring.arn, self.patience, self.witness.key_ring_stale, 60
        )

    def outbox(self) -> Outbox:
        return Outbox(self.letters(Service.OUTBOX), self.bucket())

    def delivery(self) -> Delivery:
        return Delivery(self.publisher(), self.outbox())

    def redelivery_s_delivery(self) -> Delivery:
        return Delivery(self.publisher())

    def builder(self, platform: Platform) -> EventBuilder:
        return EventBuilder(platform, DEPLOYMENT)

    def acceptance(self, platform: Platform, delivery: Delivery) -> Acceptance:
        services = Services(delivery, self.bucket(), self.bulk_queue(), MAX_INLINE_BYTES)
        return Acceptance(self.builder(platform), services)

    def handler(self, platform: str) -> Handler:
        """Of callbacks or calls, in a new container."""
        return self._calls() if platform == CENIT.name else self._callbacks(platform)

    def _callbacks(self, platform: str) -> Handler:
        acceptance = self.acceptance(platforms()[platform], self.delivery())
        outside = Surroundings(
            key_rings=self.key_rings(),
            clock=self.account.clock,
            now=self._now,
            new_callback_id=lambda: self.next_callback_id,
            personal_topics=PERSONAL_TOPICS,
        )
        return handler_of(Receiver(acceptance, outside), self.witness)

    def _calls(self) -> Handler:
        outside = CallSurroundings(
            key_rings=self.key_rings(),
            publisher=self.delivery(),
            bucket=self.bucket(),
            clock=self.account.clock,
            now=self._now,
            new_callback_id=lambda: self.next_callback_id,
            callback_id_of=callback_id_of,
            max_inline_bytes=MAX_INLINE_BYTES,
        )
        return handler_of_calls(Responder(self.builder(CENIT), outside), self.witness)

    def _now(self) -> datetime:
        self.received_at = self.account.clock.now()
        return self.received_at

    def redelivery(self) -> Redelivery:
        def acceptance_for(name: str) -> Acceptance:
            return self.acceptance(senders()[name], self.redelivery_s_delivery())

        return Redelivery(self.publisher(), acceptance_for, DeadLetters(self.letters(Service.DEAD)))

    def drain(self) -> Drain:
        return Drain(ObjectsInTurn(self), self.redelivery(), Silence())

    def sweep(self) -> Sweep:
        now = self.account.clock.now
        return Sweep(ObjectsInTurn(self), self.bulk_queue(), now, Silence())

    def redeliver(self) -> Handler:
        """The function for redelivery, in a new container."""
        now, clock = self.account.clock.now, self.account.clock
        parts = Parts(
            batches=Batches(self.redelivery(), self.letters(Service.OUTBOX), Silence(), now),
            drain=self.drain(),
            sweep=self.sweep(),
            meter=NoMeter(DEPLOYMENT),
        )
        return handler_of_letters(parts, clock)

    def bulk_job(self) -> BulkJob:
        return BulkJob(
            builder_for=lambda name: self.builder(platforms()[name]),
            bucket=self.bucket(),
            publisher=self.publisher(),
            max_inline_bytes=MAX_INLINE_BYTES,
            note=lambda _callback, _events: None,
        )

    def bulk(self) -> Handler:
        """The function for bulks, in a new container: what its entry point does."""
        worker = Worker(self.bulk_job(), self.bulk_queue(), Silence())

        def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
            until = Deadline(self.account.clock, _BULK_SECONDS)
            failed = [
                record["messageId"]
                for record in event["Records"]
                if not worker.work(
                    json.loads(record["body"])["key"], record["receiptHandle"], until
                )
            ]
            return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}

        return lambda_handler
