"""Whether the events on the bus are those that the answers promised, each as often."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Self

from load.answers import Answer

SYSTEM = "commerce-hooks.system"
"""Events of ours come at any time: a heartbeat, a shape that is new. No answer promises them."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that came off the bus. `about` is the platform's id of its resource."""

    platform: str
    event_id: str
    about: str | None = None

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Of an event as the bus delivers it."""
        metadata = event["detail"]["metadata"]
        resource = metadata["resource"] or {}
        return cls(metadata["platform"], metadata["event_id"], resource.get("id"))


@dataclass(frozen=True, slots=True)
class Account:
    """What became of some requests, and what is wrong, each in words.

    Args:
        milliseconds: Each answer's time, sorted; requests without an answer have none.
        outcomes: How many answers of each.
        errors: How often each request went wrong.
        missing: Promised, and did not come.
        unexpected: Came, and nobody promised it, or not so often, or not about that.
        repeated_rightly: Came more than once out of the outbox, which may be.
    """

    requests: int
    milliseconds: Sequence[float]
    outcomes: Counter[str]
    errors: Counter[str]
    promised: int
    arrived: int
    missing: Sequence[str]
    unexpected: Sequence[str]
    repeated_rightly: int

    @property
    def flaws(self) -> list[str]:
        often = [f"{count} times {error}" for error, count in self.errors.items()]
        return [*often, *self.missing, *self.unexpected]

    def percentile(self, percent: int) -> float | None:
        """The time that so many percent of the answers took at most."""
        if not self.milliseconds:
            return None
        return self.milliseconds[ceil(len(self.milliseconds) * percent / 100) - 1]


@dataclass
class Ledger:
    """Answers and events as they come, in whichever order."""

    answers: list[Answer] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Whether all that was promised has come."""
        return not _promised(self.answers) - Counter(map(_key, self.arrivals))

    @property
    def platforms(self) -> list[str]:
        """Those that were called, or that events are of, sorted."""
        return sorted(
            {one.platform for one in self.answers} | {one.platform for one in self.arrivals}
        )

    def account(self, platform: str | None = None) -> Account:
        """Of one platform, or of all."""
        return _account(
            [one for one in self.answers if platform in {None, one.platform}],
            [one for one in self.arrivals if platform in {None, one.platform}],
        )


_Key = tuple[str, str]


def _key(arrival: Arrival) -> _Key:
    return arrival.platform, arrival.event_id


def _promised(answers: Sequence[Answer]) -> Counter[_Key]:
    return Counter((one.platform, id_) for one in answers for id_ in one.event_ids)


def _account(answers: Sequence[Answer], arrivals: Sequence[Arrival]) -> Account:
    promised, arrived = _promised(answers), Counter(map(_key, arrivals))
    too_often = arrived - promised
    rightly = too_often & _may_repeat(answers, too_often)
    return Account(
        requests=len(answers),
        milliseconds=sorted(one.milliseconds for one in answers if one.status),
        outcomes=Counter(one.said for one in answers),
        errors=Counter(one.flaw for one in answers if one.flaw),
        promised=promised.total(),
        arrived=(promised & arrived).total(),
        missing=[
            f"{_named(key)} was promised{_times(promised[key])} and came{_times(arrived[key])}"
            for key in promised - arrived
        ],
        unexpected=[
            *(
                f"{_named(key)} came{_times(arrived[key])} and was promised{_times(promised[key])}"
                for key in too_often - rightly
            ),
            *_about_something_else(answers, arrivals),
        ],
        repeated_rightly=rightly.total(),
    )


def _may_repeat(answers: Sequence[Answer], too_often: Counter[_Key]) -> Counter[_Key]:
    """What went through the outbox is delivered at least once: a bus may fail after it took it."""
    deferred = _promised([one for one in answers if one.outcome == "deferred"])
    return Counter({key: count for key, count in too_often.items() if key in deferred})


def _about_something_else(answers: Sequence[Answer], arrivals: Sequence[Arrival]) -> list[str]:
    """Two events that changed places would have the right ids."""
    about: dict[_Key, set[str | None]] = defaultdict(set)
    for answer in answers:
        for id_, resource in answer.promised:
            about[answer.platform, id_].add(resource)
    return [
        f"{_named(_key(one))} is about {one.about}, and not {' or '.join(map(str, rightly))}"
        for one in arrivals
        if (rightly := about.get(_key(one), {None})) - {None, one.about}
    ]


def _named(key: _Key) -> str:
    platform, id_ = key
    return f"{platform} {id_}"


def _times(count: int) -> str:
    return {0: " never", 1: " once"}.get(count, f" {count} times")
