"""The functions that work off what waits: redelivery by queue and schedules, bulks by theirs."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from fault.account import Account
from fault.cases import ViolationError, is_open_bulk
from fault.containers import Container
from fault.deployment import Deployment
from fault.kinds import Service
from fault.ledger import Actor
from support.event_source import EventSource
from support.faults import CrashError

FUNCTION_SECONDS = 60.0
"""The template's `Timeout` of both: Lambda ends them then."""
SERVICES: Mapping[str, Sequence[Service]] = {
    "redeliver": (Service.BUS, Service.OUTBOX, Service.BUCKET, Service.BULK, Service.DEAD),
    "drain": (Service.BUS, Service.BUCKET, Service.DEAD),
    "bulk": (Service.BUS, Service.BUCKET, Service.BULK),
    "sweep": (Service.BUCKET, Service.BULK),
}
"""The jobs, and what each may meet."""
_ROUND_SECONDS = 400.0
"""Longer than a message that was received stays hidden."""
_MOST_ROUNDS = 12
_DELIVERED_TWICE = 1 / 50


class Workers:
    """Both functions, and Lambda's polling of their queues."""

    def __init__(self, account: Account, deployment: Deployment, chance: Random) -> None:
        self._account = account
        self._chance = chance
        self._redeliver = Container(deployment.redeliver)
        self._bulk = Container(deployment.bulk)
        self.received = 0
        """Letters and jobs, each as often as it came."""
        self.most_receives = 0
        queues = account.queues
        self._letters = EventSource(
            queues[Service.OUTBOX],
            self._work_letters,
            reports_failures=deployment.reports_failures,
        )
        self._jobs = EventSource(queues[Service.BULK], self._work_job, batch_size=1)

    def jobs(self) -> list[str]:
        """Those that there is something to do for."""
        waiting = {
            "redeliver": self._letters.queue.messages,
            "drain": self._outbox_keys(),
            "bulk": self._jobs.queue.messages,
            "sweep": self._open_bodies(),
        }
        return [job for job, things in waiting.items() if things]

    def work(self, job: str) -> None:
        """One invocation."""
        does = {
            "redeliver": self.poll_letters,
            "drain": self.drain,
            "bulk": self.poll_job,
            "sweep": self.sweep,
        }
        does[job]()

    def poll_letters(self) -> int:
        """A batch of the outbox's queue; how many letters it had."""
        return self._poll(self._letters)

    def poll_job(self) -> int:
        return self._poll(self._jobs)

    def drain(self) -> None:
        # What is under way arrives before the first call of the drain, and is its work as well.
        self._account.land()
        names = (key.rpartition("/")[2] for key in self._outbox_keys())
        ids = [name.partition(".")[0] for name in names]
        # Of an object in which some letters are left only those come again.
        self._scheduled(Actor("drain", ids, ids, by=(Service.BUCKET,)))

    def sweep(self) -> None:
        self._scheduled(Actor("sweep", [_callback_id(key) for key in self._open_bodies()]))

    def recover(self) -> None:
        """Go on until nothing moves any more, but not for ever."""
        for _ in range(_MOST_ROUNDS):
            self._account.clock.sleep(_ROUND_SECONDS)
            self.drain()
            self.sweep()
            queues = self._account.queues
            for source in (self._letters, self._jobs):
                most = 20 + len(source.queue.messages)
                while most and self._poll(source):
                    most -= 1
            waits = any(True for _ in self._account.waiting()) or queues[Service.BULK].messages
            if not waits and not self._open_bodies():
                return

    def _poll(self, source: EventSource) -> int:
        queue = self._account.queues[Service.OUTBOX if source is self._letters else Service.BULK]
        # SQS may deliver a message once more although it was deleted.
        queue.forgets_deletes = self._chance.random() < _DELIVERED_TWICE
        messages = source.poll()
        queue.forgets_deletes = False
        for error in source.raised:
            if not isinstance(error, CrashError):
                raise ViolationError(f"a function raised {error!r}") from error
        source.raised.clear()
        return messages

    def _work_letters(self, event: Mapping[str, Any]) -> Any:
        events: list[str] = []
        callbacks: list[str] = []
        for record in event["Records"]:
            attributes = record["messageAttributes"]
            if attributes["kind"]["stringValue"] == "callback":
                callbacks.append(attributes["callback-id"]["stringValue"])
            else:
                events.append(attributes["event-id"]["stringValue"].rpartition(".")[0])
        actor = Actor("redeliver", [*events, *callbacks], begun_again=callbacks)
        return self._work(self._redeliver, actor, event)

    def _work_job(self, event: Mapping[str, Any]) -> Any:
        ids = [_callback_id(json.loads(record["body"])["key"]) for record in event["Records"]]
        return self._work(self._bulk, Actor("bulk", ids, ids), event)

    def _work(self, container: Container, actor: Actor, event: Mapping[str, Any]) -> Any:
        ledger, clock = self._account.ledger, self._account.clock
        ledger.begin(actor)
        for record in event.get("Records", ()):
            receives = int(record["attributes"]["ApproximateReceiveCount"])
            self.most_receives = max(self.most_receives, receives)
            self.received += 1
        if any(queue.forgets_deletes for queue in self._account.queues.values()):
            ledger.tell("SQS will deliver this again")
            ledger.excuse(actor.callback_ids)
        begun = clock()
        self._account.bucket.may_list = container is self._redeliver
        try:
            return container.call(event)
        finally:
            self._account.bucket.may_list = False
            if clock() - begun > FUNCTION_SECONDS:
                raise ViolationError(f"{actor.name} took {clock() - begun:.1f} s")

    def _scheduled(self, actor: Actor) -> None:
        with suppress(CrashError):
            self._work(self._redeliver, actor, {"task": actor.name})

    def _outbox_keys(self) -> list[str]:
        return list(self._account.bucket.after(None, "outbox/"))

    def _open_bodies(self) -> list[str]:
        bucket = self._account.bucket
        return [key for key in bucket.after(None, "bulk/") if is_open_bulk(self._account, key)]


def _callback_id(key: str) -> str:
    return key.rpartition("/")[2]
