"""A transport for a run that has only so much time."""

from dataclasses import dataclass

from commerce_hooks.deadline import Deadline
from commerce_hooks.http.errors import NoResponseError
from commerce_hooks.http.transport import ApiRequest, ApiResponse, Transport


@dataclass(frozen=True, slots=True)
class Bounded:
    """Begins no exchange that could take longer than what is left.

    None is cut short either: of a creation that was, or of a renewal of tokens, nobody would know
    what came of it.
    """

    transport: Transport
    until: Deadline

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        """See the port."""
        if self.until.remaining() < seconds:
            raise NoResponseError("OutOfTime")
        return self.transport.exchange(request, seconds)
