"""Deployments that work off wrongly what waits: one part loses, repeats or gives up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from bulk.job import Bulk, BulkJob, Progress, Ran
from commerce_hooks.callback import Callback
from commerce_hooks.deadline import Deadline
from commerce_hooks.outbox import Letter
from commerce_hooks.reading import Contents
from fault.deployment import Deployment, Handler, ObjectsInTurn, Silence
from fault.kinds import Service
from redeliver.draining import Drain
from redeliver.fates import Fate, Verdict
from redeliver.redelivery import Redelivery
from redeliver.sweeping import Sweep


class ReportsNoFailures(Deployment):
    reports_failures = False


class AcknowledgesFirst(Deployment):
    def redeliver(self) -> Handler:
        real, queue = super().redeliver(), self.account.queues[Service.OUTBOX]

        def lambda_handler(event: Mapping[str, Any], context: Any) -> Any:
            for record in event.get("Records", ()):
                queue.delete(record["receiptHandle"])
            return real(event, context)

        return lambda_handler


@dataclass(frozen=True, slots=True)
class _Optimist(Redelivery):
    def deliver(self, letters: Sequence[Letter], until: Deadline) -> list[Fate]:
        fates = Redelivery.deliver(self, letters, until)
        return [replace(fate, verdict=Verdict.DELIVERED) for fate in fates]


class DrainsWhatFailed(Deployment):
    def drain(self) -> Drain:
        real = self.redelivery()
        parts = (real.publisher, real.acceptance_for, real.dead_letters)
        return Drain(ObjectsInTurn(self), _Optimist(*parts), Silence())


class _DeletesFirst(ObjectsInTurn):
    def read(self, keys: Sequence[str], seconds: float) -> Mapping[str, bytes]:
        found = super().read(keys, seconds)
        self.delete(keys, seconds)
        return found


class DrainsBeforePublishing(Deployment):
    def drain(self) -> Drain:
        return Drain(_DeletesFirst(self), self.redelivery(), Silence())


class _NeverShrinks(ObjectsInTurn):
    def put(self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float) -> None:
        if not key.startswith("outbox/"):
            super().put(key, body, attributes, seconds)


class DrainsWholeObjects(Deployment):
    def drain(self) -> Drain:
        return Drain(_NeverShrinks(self), self.redelivery(), Silence())


@dataclass(frozen=True, slots=True)
class _Renaming(Redelivery):
    def _accept(self, callback: Callback, until: Deadline) -> Fate:
        other = replace(callback, callback_id=f"again-{callback.callback_id}")
        return Redelivery._accept(self, other, until)


class RenamesAtRedelivery(Deployment):
    def redelivery(self) -> Redelivery:
        real = super().redelivery()
        return _Renaming(real.publisher, real.acceptance_for, real.dead_letters)


def _parts_of(job: BulkJob) -> Any:
    return [getattr(job, field.name) for field in fields(job)]


@dataclass(frozen=True, slots=True)
class _DoneFirst(BulkJob):
    def run(self, bulk: Bulk, until: Deadline) -> Ran:
        self.bucket.put(f"{bulk.key}.done", b"", {})
        return BulkJob.run(self, bulk, until)


class MarksBulksDoneFirst(Deployment):
    def bulk_job(self) -> BulkJob:
        return _DoneFirst(*_parts_of(super().bulk_job()))


@dataclass(frozen=True, slots=True)
class _AheadOfItself(BulkJob):
    def _slice(
        self, bulk: Bulk, contents: Contents, progress: Progress, until: Deadline
    ) -> Progress:
        self.bucket.put(f"{bulk.key}.progress", replace(progress, parts=50).dump(), {})
        return BulkJob._slice(self, bulk, contents, progress, until)


class SavesProgressFirst(Deployment):
    def bulk_job(self) -> BulkJob:
        return _AheadOfItself(*_parts_of(super().bulk_job()))


class ReportsAllFailures(Deployment):
    def redeliver(self) -> Handler:
        real = super().redeliver()

        def lambda_handler(event: Mapping[str, Any], context: Any) -> Any:
            answer = real(event, context)
            if not answer.get("batchItemFailures"):
                return answer
            ids = [record["messageId"] for record in event["Records"]]
            return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in ids]}

        return lambda_handler


@dataclass(frozen=True, slots=True)
class _Undertaker(Redelivery):
    def _bury(self, _: Sequence[Letter], fates: list[Fate], __: Deadline) -> list[Fate]:
        return fates


class DropsPoison(Deployment):
    def redelivery(self) -> Redelivery:
        real = super().redelivery()
        return _Undertaker(real.publisher, real.acceptance_for, real.dead_letters)


@dataclass(frozen=True, slots=True)
class _Idle(Sweep):
    def run(self, _: Deadline) -> int:
        return 0


class NeverSweeps(Deployment):
    def sweep(self) -> Sweep:
        real = super().sweep()
        return _Idle(real.objects, real.queue, real.now, real.observer)
