"""Each store that we can see to gets an errand, and what the queue did not take is put again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest

from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.stores import StoreConfiguration, StoreId
from ensure_subscriptions.dispatching import Dispatch
from ensure_subscriptions.errands import Errand
from support.ensuring import ACME, configured
from support.surroundings import FakeTime

OTHER, ISET = StoreId("centry", "other"), StoreId("iset", "acme")


@dataclass
class MemoryQueue:
    """Takes each name once, and does not take what it is told to refuse, by the call's number."""

    refuses: dict[int, set[str]] = field(default_factory=dict)
    fails: bool = False
    calls: list[list[str]] = field(default_factory=list)
    taken: dict[str, Errand] = field(default_factory=dict)

    def put(self, errands: Mapping[str, Errand], seconds: float) -> Sequence[str | None]:
        assert 0 < seconds < 2.001  # sums of fractions are not exact
        assert len(errands) <= 10
        refused = self.refuses.get(len(self.calls), set())
        self.calls.append([str(errand.store) for errand in errands.values()])
        if self.fails:
            raise UnavailableError("queue", "AccessDenied", may_pass=False)
        codes = ["Throttled" if str(e.store) in refused else None for e in errands.values()]
        for (name, errand), code in zip(errands.items(), codes, strict=True):
            if code is None:
                assert name not in self.taken
                self.taken[name] = errand
        return codes


@dataclass
class Dispatched:
    """A deployment's stores, and a queue."""

    configured: dict[StoreId, StoreConfiguration | None] = field(default_factory=dict)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    time: FakeTime = field(default_factory=FakeTime)
    _runs: "count[int]" = field(default_factory=lambda: count(1))

    def all(self) -> dict[StoreId, StoreConfiguration | None]:
        return self.configured

    def go(self, seconds: float = 60.0) -> list[StoreId]:
        dispatch = Dispatch(
            stores=self,
            knows=lambda platform: platform != "iset",
            queue=self.queue,
            new_id=lambda: f"run-{next(self._runs)}",
            pause=self.time.pause,
        )
        return list(dispatch.go(Deadline(self.time.clock, seconds)))


def test_each_store_whose_platform_has_an_api_gets_an_errand_of_the_schedule() -> None:
    sent = Dispatched({OTHER: configured(), ISET: configured(), ACME: configured()})

    assert sent.go() == [OTHER, ACME]
    assert list(sent.queue.taken.values()) == [Errand(store=OTHER), Errand(store=ACME)]


def test_so_does_one_that_is_off_or_cannot_be_read() -> None:
    sent = Dispatched({OTHER: None, ACME: configured(policy="off")})

    assert sent.go() == [OTHER, ACME]


def test_no_two_runs_name_an_errand_alike() -> None:
    sent = Dispatched({OTHER: configured(), ACME: configured()})
    sent.go()
    sent.go()

    assert list(sent.queue.taken) == ["run-1.0", "run-1.1", "run-2.0", "run-2.1"]


def test_ten_go_into_a_call() -> None:
    stores = [StoreId("konimbo", f"shop-{number}") for number in range(23)]
    sent = Dispatched(dict.fromkeys(stores))

    assert sent.go() == stores
    assert [len(call) for call in sent.queue.calls] == [10, 10, 3]
    assert [errand.store for errand in sent.queue.taken.values()] == stores


def test_without_stores_nobody_is_asked() -> None:
    sent = Dispatched()

    assert sent.go() == []
    assert sent.queue.calls == []


def test_only_what_was_not_taken_is_put_again_under_its_name() -> None:
    sent = Dispatched({OTHER: configured(), ACME: configured()})
    sent.queue.refuses = {0: {str(ACME)}, 1: {str(ACME)}}

    assert sent.go() == [OTHER, ACME]
    assert sent.queue.calls == [[str(OTHER), str(ACME)], [str(ACME)], [str(ACME)]]
    assert sent.queue.taken["run-1.1"].store == ACME
    assert len(sent.time.paused) == 2


def test_what_is_not_taken_in_time_is_a_failure_that_says_why() -> None:
    sent = Dispatched({OTHER: configured(), ACME: configured()})
    sent.queue.refuses = {call: {str(ACME)} for call in range(10_000)}

    with pytest.raises(UnavailableError, match=r"^queue: Throttled$"):
        sent.go(seconds=5)

    assert [errand.store for errand in sent.queue.taken.values()] == [OTHER]


def test_a_queue_that_takes_nothing_is_a_failure() -> None:
    sent = Dispatched({ACME: configured()}, MemoryQueue(fails=True))

    with pytest.raises(UnavailableError, match=r"^queue: AccessDenied$"):
        sent.go()
