"""Deployments that answer wrongly: one part loses, alters or repeats. A run notices each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from commerce_hooks.accepting import Acceptance
from commerce_hooks.aws import EventBridgeBus, S3PayloadBucket, SecretsManagerKeyRing
from commerce_hooks.callback import Callback
from commerce_hooks.deadline import Deadline
from commerce_hooks.delivery import Delivery
from commerce_hooks.errors import UnavailableError
from commerce_hooks.keyring import KeyRing
from commerce_hooks.outbox import Outbox, WaitingEvent
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.platform import Platform
from commerce_hooks.publishing import BusCallRefusedError, BusEntry, Published, Publisher
from fault.deployment import Deployment
from fault.kinds import Service
from support.receiving import KEY_2


@dataclass(frozen=True, slots=True)
class _AnswersFirst(Delivery):
    later: list[BusEntry] = field(default_factory=list)

    def publish(self, entries: Sequence[BusEntry], deadline: Deadline) -> Published:
        before, self.later[:] = list(self.later), entries
        if before:
            Delivery.publish(self, before, deadline)
        return Published([entry.event_id for entry in entries])


class AnswersBeforePublishing(Deployment):
    def delivery(self) -> Delivery:
        real = super().delivery()
        return _AnswersFirst(real.publisher, real.outbox)


class _Trusting(EventBridgeBus):
    def put(self, entries: Sequence[BusEntry], seconds: float) -> Sequence[str | None]:
        return [None for _ in super().put(entries, seconds)]


class IgnoresFailedEntries(Deployment):
    def bus(self) -> EventBridgeBus:
        return self.bus_of(_Trusting)


class _AllAgain(EventBridgeBus):
    def put(self, entries: Sequence[BusEntry], seconds: float) -> Sequence[str | None]:
        codes = super().put(entries, seconds)
        failed = next((code for code in codes if code), None)
        return [failed for _ in codes]


class RetriesWhatSucceeded(Deployment):
    def bus(self) -> EventBridgeBus:
        return self.bus_of(_AllAgain)


class _Stubborn(EventBridgeBus):
    def put(self, entries: Sequence[BusEntry], seconds: float) -> Sequence[str | None]:
        try:
            return [code and "InternalFailure" for code in super().put(entries, seconds)]
        except BusCallRefusedError as error:
            raise UnavailableError("bus", error.code) from error


class RetriesPermanentCodes(Deployment):
    def bus(self) -> EventBridgeBus:
        return self.bus_of(_Stubborn)


@dataclass(frozen=True, slots=True)
class _Hopeful(Delivery):
    def publish(self, entries: Sequence[BusEntry], deadline: Deadline) -> Published:
        try:
            return Delivery.publish(self, entries, deadline)
        except UnavailableError:
            return Published(deferred=tuple(entry.event_id for entry in entries))


class ForgetsTheOutboxsFailure(Deployment):
    def delivery(self) -> Delivery:
        real = super().delivery()
        return _Hopeful(real.publisher, real.outbox)


@dataclass(frozen=True, slots=True)
class _Patient(Publisher):
    def publish(self, entries: Sequence[BusEntry], deadline: Deadline) -> Published:
        return Publisher.publish(self, entries, Deadline(deadline._clock, 30.0))


class KeepsPlatformsWaiting(Deployment):
    def publisher(self) -> Publisher:
        real = super().publisher()
        return _Patient(real.bus, real.pause)


@dataclass(frozen=True, slots=True)
class _OnceOnly(Acceptance):
    seen: set[str] = field(default_factory=set)

    def accept(self, callback: Callback, until: Deadline) -> Receipt:
        if callback.sha256 in self.seen:
            return Receipt(Outcome.ACCEPTED, callback_id=callback.callback_id)
        self.seen.add(callback.sha256)
        return Acceptance.accept(self, callback, until)


class DropsRepeatsByContent(Deployment):
    def acceptance(self, platform: Platform, delivery: Delivery) -> Acceptance:
        real = super().acceptance(platform, delivery)
        return _OnceOnly(real.builder, real.services)


@dataclass(frozen=True, slots=True)
class _Careless(Acceptance):
    def _defer(
        self, callback: Callback, refused: Receipt, error: UnavailableError, until: Deadline
    ) -> Receipt:
        try:
            self.services.delivery.keep(callback, until)
        except UnavailableError:
            return refused
        return replace(refused, outcome=Outcome.DEFERRED, cause=str(error))


class QueuesSensitiveBytes(Deployment):
    def acceptance(self, platform: Platform, delivery: Delivery) -> Acceptance:
        real = super().acceptance(platform, delivery)
        return _Careless(real.builder, real.services)


class _OnePerCallback(S3PayloadBucket):
    def put(self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float = 3) -> None:
        folder, _, name = key.rpartition("/")
        super().put(f"{folder}/{name.partition('.')[0]}.json", body, attributes, seconds)


class OverwritesInTheOutbox(Deployment):
    def outbox(self) -> Outbox:
        name, client = self.account.bucket.name, self.account.s3.client
        return Outbox(self.letters(Service.OUTBOX), _OnePerCallback(name, client, self.patience))


@dataclass(frozen=True, slots=True)
class _Rewriting(Outbox):
    def put(self, entries: Sequence[BusEntry], until: Deadline) -> None:
        Outbox.put(self, [_rewritten(entry) for entry in entries], until)


def _rewritten(entry: BusEntry) -> BusEntry:
    detail = json.dumps(json.loads(entry.detail), sort_keys=True)
    return WaitingEvent(entry.event_id, entry.source, entry.detail_type, entry.time, detail)


class RewritesWhatWaits(Deployment):
    def outbox(self) -> Outbox:
        real = super().outbox()
        return _Rewriting(real.queue, real.bucket)


@dataclass(frozen=True, slots=True)
class _Delayed(Outbox):
    def put(self, entries: Sequence[BusEntry], until: Deadline) -> None:
        Outbox.put(self, [_delayed(entry) for entry in entries], until)


def _delayed(entry: BusEntry) -> BusEntry:
    time = entry.time + timedelta(seconds=5)
    return WaitingEvent(entry.event_id, entry.source, entry.detail_type, time, entry.detail)


class ForgetsWhenItCame(Deployment):
    def outbox(self) -> Outbox:
        real = super().outbox()
        return _Delayed(real.queue, real.bucket)


@dataclass(frozen=True, slots=True)
class _PointersAtOnceOnly(Delivery):
    def publish(self, entries: Sequence[BusEntry], deadline: Deadline) -> Published:
        if all(entry.event_id.endswith(".q") for entry in entries):
            return self.publisher.publish(entries, deadline)
        return Delivery.publish(self, entries, deadline)


class ForgetsPointers(Deployment):
    def delivery(self) -> Delivery:
        real = super().delivery()
        return _PointersAtOnceOnly(real.publisher, real.outbox)


class _Guessing(SecretsManagerKeyRing):
    def current(self) -> KeyRing:
        try:
            return super().current()
        except UnavailableError:
            return KeyRing("k2", {"k2": KEY_2}, {})


class RefusesWithoutARing(Deployment):
    def key_rings(self) -> SecretsManagerKeyRing:
        client, arn = self.account.secrets.client(), self.account.ring.arn
        return _Guessing(client, arn, self.patience, self.witness.key_ring_stale, 60)
