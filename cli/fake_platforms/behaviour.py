"""What goes wrong at a fake platform, by plan: for the next requests, or until it is lifted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock

from fake_platforms.messages import Answered, Ending


class Kind(StrEnum):
    """What a platform does instead of what it should."""

    STATUS = "status"
    """It answers with that status, and does nothing."""
    SLOW = "slow"
    """It does what it is asked, and takes so many seconds to say so."""
    RESET = "reset"
    """It does nothing, and the connection is torn."""
    SILENT = "silent"
    """It does nothing, and never answers."""
    LOST = "lost"
    """It does what it is asked, but the connection is torn before it says so."""
    CUT = "cut"
    """It does what it is asked, and only half of the answer arrives."""
    SHORT = "short"
    """Its listing has the first so many records only, and seems to be whole."""
    REDIRECT = "redirect"
    """It does nothing, and points elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One thing that goes wrong.

    Args:
        times: For how many requests; None until it is lifted.
        method: Of these only, if given; likewise `route` and `shop`, as they are counted. Without
            them, all requests are meant: those for tokens, too.
        retry_after: Seconds, as a header beside `status`.
        records: How many a listing that is SHORT still has.
    """

    kind: Kind
    times: int | None = 1
    method: str | None = None
    route: str | None = None
    shop: str | None = None
    status: int = 503
    retry_after: int | None = None
    seconds: float = 0.0
    records: int = 0
    location: str = "https://elsewhere.example/"

    def concerns(self, method: str, route: str, shop: str, *, listing: bool) -> bool:
        if self.kind is Kind.SHORT and not listing:
            return False
        wanted = ((self.method, method), (self.route, route), (self.shop, shop))
        return all(expected in {None, actual} for expected, actual in wanted)


@dataclass
class Plan:
    """What is going to go wrong. Of what concerns a request, the first counts."""

    _behaviours: list[Behaviour] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, behaviour: Behaviour) -> None:
        with self._lock:
            self._behaviours.append(behaviour)

    def lift(self) -> None:
        """From now on all goes well."""
        with self._lock:
            self._behaviours.clear()

    @property
    def planned(self) -> Sequence[Behaviour]:
        with self._lock:
            return tuple(self._behaviours)

    def take(
        self, method: str, route: str, shop: str, *, listing: bool = False
    ) -> Behaviour | None:
        """What goes wrong with this request. It counts as one of its `times`."""
        with self._lock:
            for place, behaviour in enumerate(self._behaviours):
                if behaviour.concerns(method, route, shop, listing=listing):
                    self._use(place, behaviour)
                    return behaviour
        return None

    def _use(self, place: int, behaviour: Behaviour) -> None:
        if behaviour.times is None:
            return
        if behaviour.times > 1:
            self._behaviours[place] = replace(behaviour, times=behaviour.times - 1)
        else:
            del self._behaviours[place]


def behaved(behaviour: Behaviour | None, carry_out: Callable[[int | None], Answered]) -> Answered:
    """The answer to a request with which that goes wrong, if anything does.

    `carry_out` does what is asked; of a listing's records so many are there, None for all.
    """
    if behaviour is None:
        return carry_out(None)
    refused = _refused(behaviour)
    if refused is not None:
        return refused
    answered = carry_out(behaviour.records if behaviour.kind is Kind.SHORT else None)
    if behaviour.kind is Kind.SLOW:
        return replace(answered, seconds=behaviour.seconds)
    return replace(answered, ending=_ENDINGS.get(behaviour.kind, Ending.WHOLE))


_ENDINGS = {Kind.CUT: Ending.CUT, Kind.LOST: Ending.RESET}


def _refused(behaviour: Behaviour) -> Answered | None:
    """The answer where nothing is done; None if it is."""
    match behaviour.kind:
        case Kind.STATUS:
            after = behaviour.retry_after
            headers = {} if after is None else {"retry-after": str(after)}
            told = {"error": "planned by whoever runs this fake"}
            return Answered.of(told, behaviour.status, headers)
        case Kind.REDIRECT:
            return Answered(307, headers={"location": behaviour.location})
        case Kind.RESET:
            return Answered(ending=Ending.RESET)
        case Kind.SILENT:
            return Answered(ending=Ending.SILENT)
    return None
