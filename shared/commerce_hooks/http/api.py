"""Calls to one platform's API: what its answers mean, and which calls are made again."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from commerce_hooks.decoding import JsonValue, decode
from commerce_hooks.errors import QuarantineError
from commerce_hooks.http.errors import (
    CallRefusedError,
    CredentialsRefusedError,
    MissingRightError,
    NotFoundError,
    PlatformBrokenError,
    PlatformError,
    RateLimitedError,
    UnreadableAnswerError,
)
from commerce_hooks.http.transport import ApiRequest, ApiResponse, Transport

CALL_SECONDS = 10.0
"""What one exchange may take."""
_PAUSES = (1.0, 4.0)
_SECONDS = re.compile(r"[0-9]{1,5}", re.ASCII)
_REFUSALS: dict[int, Callable[[], PlatformError]] = {
    401: CredentialsRefusedError,
    403: MissingRightError,
    404: NotFoundError,
}


def refusal_of(response: ApiResponse) -> PlatformError | None:
    """What a status means on any platform that says nothing else; None if all went well."""
    status = response.status
    if status // 100 == 2:  # noqa: PLR2004 - success, as HTTP has it
        return None
    if status == 429:  # noqa: PLR2004 - too many requests
        return RateLimitedError(_retry_after(response))
    if status >= 500:  # noqa: PLR2004 - the server's fault
        return PlatformBrokenError(status)
    return _REFUSALS.get(status, lambda: CallRefusedError(status))()


def _retry_after(response: ApiResponse) -> int | None:
    """Seconds; a date, which HTTP allows as well, counts as not told."""
    told = response.headers.get("retry-after", "")
    return int(told) if _SECONDS.fullmatch(told) else None


def json_of(response: ApiResponse) -> JsonValue:
    """The answer's JSON.

    Raises:
        UnreadableAnswerError: It is none.
    """
    try:
        return decode(response.body)
    except QuarantineError as error:
        problem = error.problems[0].type if error.problems else error.reason.value
    raise UnreadableAnswerError(problem)


def in_path(id_: str, pattern: re.Pattern[str]) -> str:
    """An id as a part of a path.

    Raises:
        NotFoundError: It does not look like one of the platform's, so there is none such.
    """
    if not pattern.fullmatch(id_):
        raise NotFoundError("the platform has no such id")
    return quote(id_, safe="")


@dataclass(frozen=True, slots=True)
class Api:
    """One platform's. Its methods raise PlatformError for whatever is not a success.

    Args:
        refusal: What an answer that is no success means.
    """

    transport: Transport
    pause: Callable[[float], None]
    refusal: Callable[[ApiResponse], PlatformError | None] = refusal_of

    def once(self, request: ApiRequest, seconds: float = CALL_SECONDS) -> ApiResponse:
        """Make a call that must not be made twice."""
        response = self.transport.exchange(request, seconds)
        refused = self.refusal(response)
        if refused is not None:
            raise refused
        return response

    def read(self, request: ApiRequest) -> ApiResponse:
        """Make a call that changes nothing: up to three times, within 35 seconds."""
        for wait in _PAUSES:
            try:
                return self.once(request)
            except PlatformError as error:
                if not error.may_pass:
                    raise
            self.pause(wait)
        return self.once(request)
