"""One HTTP exchange with a platform, as its clients see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """What is asked. URL, headers and body hold secrets, so none is shown."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """What is answered, whatever its status. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


class Transport(Protocol):
    """The network."""

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        """One request, one response; redirects are not followed, nothing is tried again.

        Raises:
            NoResponseError: None came within so many seconds, or it was too large.
        """
        ...
