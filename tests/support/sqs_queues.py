"""Standard SQS queues in memory: what is where, who sees it, and until when.

Sources: ReceiveMessage, DeleteMessage, ChangeMessageVisibility, SetQueueAttributes in the SQS API
reference; "Visibility timeout" and "Setting-up dead-letter queue retention" in the developer
guide.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from support.sqs_messages import MAX_BYTES, Attributes, invalid
from support.wire import ACCOUNT, REGION, Clock, RefusedError

MAX_VISIBILITY_SECONDS = 43_200
"""From the moment a message was received, however often its visibility was changed since."""
_MAX_IN_FLIGHT = 120_000
_SEPARATOR = "#"


@dataclass(eq=False)
class Message:
    """A message, and what became of it until now. Times are the clock's."""

    message_id: str
    body: str
    attributes: Attributes
    sent_at: float
    visible_at: float
    receives: int = 0
    """Over all queues: moving to a dead-letter queue doesn't begin it anew."""
    receipt_handle: str = ""
    """Of the last time it was received."""
    received_at: float = 0.0
    first_received_at: float = 0.0
    dead_letter_source: str | None = None
    place: int = -1
    """In its queue's line; older ones are void."""


@dataclass(frozen=True, slots=True)
class Redrive:
    """Where a message goes that was received so often and is still there."""

    dead_letters: "Queue"
    max_receives: int = 10


@dataclass(eq=False)
class Queue:
    """A standard queue, as `StrictSqs.queue` makes it; it hands out messages in order."""

    name: str
    clock: Clock
    visibility_seconds: float = 30
    retention_seconds: float = 345_600
    delay_seconds: float = 0
    max_bytes: int = MAX_BYTES
    redrive: Redrive | None = None
    _messages: dict[str, Message] = field(default_factory=dict)
    _line: list[tuple[float, int, Message]] = field(default_factory=list)
    _places: Iterator[int] = field(default_factory=count)

    @property
    def url(self) -> str:
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.name}"

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.name}"

    @property
    def messages(self) -> list[Message]:
        """All that are here, seen or not, as if somebody had looked without receiving."""
        return [message for message in self._messages.values() if not self._expired(message)]

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.messages]

    @property
    def in_flight(self) -> int:
        return sum(self._in_flight(message) for message in self.messages)

    @property
    def delayed(self) -> int:
        now = self.clock()
        return sum(not m.receives and m.visible_at > now for m in self.messages)

    @property
    def next_visible_at(self) -> float | None:
        """When the next message may be received."""
        return min((message.visible_at for message in self.messages), default=None)

    def put(self, message: Message) -> None:
        self._messages[message.message_id] = message
        self._line_up(message)

    def receive(self, most: int, visibility_seconds: float | None = None) -> list[Message]:
        """Up to so many messages, which nobody else sees for a while.

        Raises:
            RefusedError: Too many are in flight.
        """
        if len(self._messages) >= _MAX_IN_FLIGHT and self.in_flight >= _MAX_IN_FLIGHT:
            raise RefusedError("OverLimit", "Too many messages in flight.")
        seconds = self.visibility_seconds if visibility_seconds is None else visibility_seconds
        found: list[Message] = []
        for message in self._visible():
            if self.redrive and message.receives >= self.redrive.max_receives:
                self._bury(message, self.redrive.dead_letters)
            else:
                found.append(message)
            if len(found) == most:
                break
        for message in found:
            self._hand_out(message, seconds)
        return found

    def delete(self, receipt_handle: str) -> None:
        """Delete what was received under this handle; with an older handle nothing happens.

        SQS says success to both, and that an old one may not delete.

        Raises:
            RefusedError: It is no handle of this queue.
        """
        message = self._messages.get(self._message_id(receipt_handle))
        if message and message.receipt_handle == receipt_handle:
            del self._messages[message.message_id]

    def change_visibility(self, receipt_handle: str, seconds: float) -> None:
        """Hide a message in flight for so many seconds from now.

        Raises:
            RefusedError: It isn't in flight under this handle, or would be for over 12 hours.
        """
        message = self._messages.get(self._message_id(receipt_handle))
        if not message or self._expired(message) or message.receipt_handle != receipt_handle:
            raise invalid(
                "Message does not exist or is not available for visibility timeout change."
            )
        if not self._in_flight(message):
            raise RefusedError("MessageNotInflight", "The message is not in flight.")
        until = self.clock() + seconds
        if until - message.received_at > MAX_VISIBILITY_SECONDS:
            raise invalid("Total VisibilityTimeout is beyond the limit [43200 seconds].")
        message.visible_at = until
        self._line_up(message)

    def _visible(self) -> Iterator[Message]:
        """Messages that may be received now, each once, taken out of the line."""
        while self._line and self._line[0][0] <= self.clock():
            _, place, message = heapq.heappop(self._line)
            if message.message_id not in self._messages or message.place != place:
                continue
            if self._expired(message):
                del self._messages[message.message_id]
            else:
                yield message

    def _line_up(self, message: Message) -> None:
        message.place = next(self._places)
        heapq.heappush(self._line, (message.visible_at, message.place, message))

    def _hand_out(self, message: Message, seconds: float) -> None:
        now = self.clock()
        message.receives += 1
        message.received_at = now
        if message.receives == 1:
            message.first_received_at = now
        parts = (self.name, message.message_id, str(message.receives))
        message.receipt_handle = _SEPARATOR.join(parts)
        message.visible_at = now + seconds
        self._line_up(message)

    def _bury(self, message: Message, dead_letters: "Queue") -> None:
        """Its time in the dead-letter queue counts from when it was first sent."""
        del self._messages[message.message_id]
        message.dead_letter_source = self.arn
        message.visible_at = self.clock()
        dead_letters.put(message)

    def _message_id(self, receipt_handle: str) -> str:
        name, _, rest = receipt_handle.partition(_SEPARATOR)
        message_id, found, number = rest.partition(_SEPARATOR)
        if name != self.name or not found or not number.isdecimal():
            raise RefusedError("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
        return message_id

    def _in_flight(self, message: Message) -> bool:
        return message.receives > 0 and message.visible_at > self.clock()

    def _expired(self, message: Message) -> bool:
        return self.clock() >= message.sent_at + self.retention_seconds
