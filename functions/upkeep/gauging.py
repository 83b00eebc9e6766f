"""Counts what is open, prefix by prefix, as far as time allows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import compress, islice, repeat
from typing import Protocol

from commerce_hooks.deadline import BUCKET_SECONDS, Deadline
from commerce_hooks.errors import CommerceHooksError, UnavailableError
from commerce_hooks.listing import Listed, Listing, listed, open_bulks
from upkeep.records import Gauge, Prefix, Sign

AT_ONCE = 8
"""Tags are read one object a call, so several at once; a client keeps ten connections open."""
_CHUNK = 4 * AT_ONCE


class ListedBucket(Listing, Protocol):
    """The payload bucket, for one who may see what is in it but not read it."""

    def is_open(self, key: str, seconds: float) -> bool:
        """Whether an object is there and not tagged as done.

        Raises:
            UnavailableError: It can't be told within so many seconds.
        """
        ...


class OutOfTimeError(Exception):
    """What is left has to be left."""


@dataclass(frozen=True, slots=True)
class Gauging:
    """Takes gauges. Calls of the bucket get their full time, or are not begun."""

    bucket: ListedBucket
    now: Callable[[], datetime]

    def gauge(self, prefix: Prefix, until: Deadline) -> Gauge:
        """Count what is open under a prefix.

        Raises:
            UnavailableError: The bucket failed.
        """
        gauge = Gauge(prefix, self.now())
        try:
            for record in self._open(prefix, until):
                gauge.add(record)
        except OutOfTimeError:
            gauge.at_least = True
        return gauge

    def _open(self, prefix: Prefix, until: Deadline) -> Iterable[Listed]:
        found = listed(self.bucket, prefix.folder, partial(_a_call, until))
        if prefix.sign is Sign.MARKER:
            return (bulk.body for bulk in open_bulks(found))
        if prefix.sign is Sign.TAG:
            return self._untagged(found, until)
        return found

    def _untagged(self, found: Iterator[Listed], until: Deadline) -> Iterator[Listed]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while chunk := list(islice(found, _CHUNK)):
                keys = [each.key for each in chunk]
                is_open = pool.map(self.bucket.is_open, keys, repeat(_a_call(until)))
                yield from compress(chunk, is_open)


def _a_call(until: Deadline) -> float:
    if until.remaining() < BUCKET_SECONDS:
        raise OutOfTimeError
    return BUCKET_SECONDS


class Observer(Protocol):
    """Where an operator reads what is open."""

    def gauged(self, gauge: Gauge) -> None: ...
    def not_gauged(self, prefix: Prefix, error: UnavailableError) -> None: ...


class NotGaugedError(CommerceHooksError):
    """Some prefixes could not be looked at. Lambda tries an asynchronous call twice more."""


@dataclass(frozen=True, slots=True)
class Round:
    """All prefixes, one after the other; one that fails is no other's failure."""

    gauging: Gauging
    prefixes: Sequence[Prefix]
    observer: Observer

    def go(self, until: Deadline) -> list[Gauge]:
        """Take the gauge of each, in its share of the time that is left.

        Raises:
            NotGaugedError: The bucket failed for some; the others have been told of.
        """
        gauges: list[Gauge] = []
        for number, prefix in enumerate(self.prefixes):
            share = until.remaining() / (len(self.prefixes) - number)
            try:
                gauges.append(self.gauging.gauge(prefix, until.within(share)))
                self.observer.gauged(gauges[-1])
            except UnavailableError as error:
                self.observer.not_gauged(prefix, error)
        left = {prefix.name for prefix in self.prefixes} - {g.prefix.name for g in gauges}
        if left:
            raise NotGaugedError(", ".join(sorted(left)))
        return gauges
