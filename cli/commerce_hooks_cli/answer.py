"""What comes back from a POST: an answer, or the reason why there is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

_SUCCESS = 2
_REDIRECTION = 3


@dataclass(frozen=True)
class Answer:
    """Status, body (at most a megabyte of it) and how long it took."""

    status: int
    body: bytes
    seconds: float

    @property
    def successful(self) -> bool:
        return self.status // 100 == _SUCCESS

    @property
    def redirects(self) -> bool:
        return self.status // 100 == _REDIRECTION


class NoAnswerError(Exception):
    """The other side could not be reached, or answered with something else than HTTP.

    The text is the reason in a few words. It never names the address: that may be a secret.
    """


Post: TypeAlias = Callable[[str, bytes, Mapping[str, str]], Answer]
"""Posts a body, given URL, body and headers. Raises NoAnswerError."""
