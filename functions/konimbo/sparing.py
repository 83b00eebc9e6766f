"""A fifth of a token's rate limit at most, whichever run makes the calls.

Konimbo counts the calls of each token: 100 in ten minutes, unless its answers say another number
(https://github.com/konimbo/API-Documentation, README). The shop's other software uses the same
token, so most of them are left to it. Each call of ours is written down in the state table before
it is made: so it counts for every run and every process, also if its answer never comes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from math import ceil

from commerce_hooks.callback import iso_utc
from commerce_hooks.deadline import pauses
from commerce_hooks.decoding import JsonObject
from commerce_hooks.errors import UnavailableError
from commerce_hooks.http import api as http_api
from commerce_hooks.http.errors import RateLimitedError
from commerce_hooks.http.transport import ApiRequest, ApiResponse
from commerce_hooks.parking import moment
from commerce_hooks.platform_access import Surroundings
from commerce_hooks.state.table import Row

CALLS = "calls"
"""The kind of row. Its ids are hashes of tokens, which tell nothing of them."""
RATE_LIMIT = 100
"""Calls that a token may make in the window, unless its answers say another number."""
RATE_SECONDS = 600
OUR_SHARE = 5
MOST_CALLS = 200
"""We make no more, however many a token may: the row is written at each, and has to stay small."""
TRIES = 10
"""So often we try to write the row while others do."""
_WINDOW = timedelta(seconds=RATE_SECONDS)
_FORGOTTEN_AFTER = timedelta(days=1)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


def rate_limit_of(response: ApiResponse) -> RateLimitedError | None:
    """What an answer means that comes of too many calls; None if it does not.

    A token at its limit gets 401 (README), as one gets that Konimbo does not know.
    """
    refused = http_api.refusal_of(response)
    if isinstance(refused, RateLimitedError):
        return refused
    current, maximum = _told(response, "current"), _told(response, "maximum")
    if response.status != 401 or current is None or maximum is None:  # noqa: PLR2004
        return None
    return RateLimitedError(RATE_SECONDS) if current >= maximum else None


@dataclass(frozen=True, slots=True)
class _Calls:
    """What is known of a token's calls.

    Args:
        row: As it was read.
        made: When ours were, the oldest first.
        maximum: The token's limit; None while no answer told.
        limited_until: So long Konimbo takes no more calls, as it said.
    """

    row: Row
    made: tuple[datetime, ...] = ()
    maximum: int | None = None
    limited_until: datetime | None = None

    @property
    def allowed(self) -> int:
        limit = RATE_LIMIT if self.maximum is None else self.maximum
        return min(max(limit // OUR_SHARE, 1), MOST_CALLS)

    def with_one_at(self, now: datetime) -> "_Calls":
        """With a call that is about to be made.

        Raises:
            RateLimitedError: It is one too many.
        """
        # No clock of ours is wrong by a whole window: a moment that far ahead is a mistake.
        if self.limited_until is not None and timedelta() < self.limited_until - now <= _WINDOW:
            raise RateLimitedError(_seconds(self.limited_until - now))
        made = [one for one in self.made if abs(now - one) < _WINDOW]
        if len(made) >= self.allowed:
            # Of as many as are allowed the oldest: when it leaves the window, there is room.
            raise RateLimitedError(_seconds(made[-self.allowed] + _WINDOW - now))
        return replace(self, made=tuple(sorted([*made, now])), limited_until=None)

    def with_answer(self, response: ApiResponse, now: datetime) -> "_Calls":
        """With what an answer says of the limit."""
        limited, until = rate_limit_of(response), self.limited_until
        if limited is not None:
            until = now + timedelta(seconds=min(limited.retry_after or RATE_SECONDS, RATE_SECONDS))
        return replace(
            self, maximum=_told(response, "maximum") or self.maximum, limited_until=until
        )


class Sparing:
    """The way to Konimbo with one token, as a transport. It is for one thread.

    Besides what a transport raises, there are RateLimitedError and, while the table does not
    answer, UnavailableError. The call has not been made then.
    """

    def __init__(self, token: str, surroundings: Surroundings) -> None:
        self._id = sha256(token.encode()).hexdigest()[:32]
        self._transport = surroundings.transport
        self._table = surroundings.table
        self._now = surroundings.now
        self._pause = surroundings.pause
        self._known: _Calls | None = None

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        known = self._written(lambda calls: calls.with_one_at(self._now()))
        response = self._transport.exchange(request, seconds)
        if known.with_answer(response, self._now()) != known:
            self._note(response)
        return response

    def _note(self, response: ApiResponse) -> None:
        """The call is made, so its answer counts, whether or not this can be kept."""
        try:
            self._written(lambda calls: calls.with_answer(response, self._now()))
        except (RateLimitedError, UnavailableError):
            return  # the next answer says it again

    def _written(self, change: Callable[[_Calls], _Calls]) -> _Calls:
        """Change what is known, in the table too, whoever else does at the same time."""
        for wait in islice(pauses(), TRIES):
            # Read again where a write did not take effect, or may have.
            known, self._known = self._known or self._read(), None
            changed = change(known)
            expires_at = self._now() + _FORGOTTEN_AFTER
            row = self._table.write(known.row, _data(changed), expires_at)
            if row is not None:
                self._known = replace(changed, row=row)
                return self._known
            self._pause(wait)
        raise RateLimitedError  # so many others are calling with this token

    def _read(self) -> _Calls:
        """What cannot be read counts as nothing, and is written over: it is of ten minutes."""
        row = self._table.read(CALLS, self._id)
        try:
            return _calls(row)
        except (KeyError, TypeError, ValueError):
            return _Calls(row)


def _data(calls: _Calls) -> JsonObject:
    until = calls.limited_until
    return {
        "calls": [iso_utc(one) for one in calls.made],
        "maximum": calls.maximum,
        "limited_until": None if until is None else iso_utc(until),
    }


def _calls(row: Row) -> _Calls:
    made, maximum, until = (row.data[name] for name in ("calls", "maximum", "limited_until"))
    if not isinstance(made, list):
        raise TypeError("calls are not a list")
    return _Calls(
        row,
        made=tuple(moment(str(one)) for one in made),
        maximum=None if maximum is None else int(str(maximum)),
        limited_until=None if until is None else moment(str(until)),
    )


def _seconds(wait: timedelta) -> int:
    return ceil(wait.total_seconds())


def _told(response: ApiResponse, name: str) -> int | None:
    """A number of the headers on the limit. One that is none spoils no answer."""
    told = response.headers.get(f"x-rate-limit-{name}", "")
    return int(told) if _NUMBER.fullmatch(told) else None
