"""From a request to a genuine callback: its URL is one of ours, and the token proves it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from commerce_hooks.accepting import Acceptance
from commerce_hooks.callback import Callback, CallbackRequest
from commerce_hooks.deadline import ANSWER_SECONDS, Clock, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.keyring import CallbackTarget, KeyRing, key_id_of
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.platform import Platform


class KeyRingSource(Protocol):
    """Where the key ring comes from."""

    def current(self) -> KeyRing:
        """The ring, not older than a short time while its source answers.

        Raises:
            UnavailableError: There is none: the source fails, and nothing was cached.
        """
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a receiver uses of the outside world, and what the operator decided.

    Args:
        clock: Monotonic, in seconds.
        personal_topics: Those that are on, as `<platform>/<topic>`.
    """

    key_rings: KeyRingSource
    clock: Clock
    now: Callable[[], datetime]
    new_callback_id: Callable[[], str]
    personal_topics: Collection[str]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Receives the callbacks of one platform."""

    acceptance: Acceptance
    outside: Surroundings

    @property
    def platform(self) -> Platform:
        return self.acceptance.builder.platform

    def receive(self, request: CallbackRequest) -> Receipt:
        """Decide what becomes of a request. Nothing is read of the body before the proof."""
        target = request.target(self.platform)
        if target is None:
            return Receipt(Outcome.NOT_FOUND)
        where = Receipt(Outcome.UNAUTHORIZED, store=target.store, topic=target.topic)
        until = Deadline(self.outside.clock, ANSWER_SECONDS)
        try:
            ring = self.outside.key_rings.current()
        except UnavailableError as error:
            return replace(where, outcome=Outcome.UNAVAILABLE, cause=str(error))
        if not ring.proves(target, request.token):
            return where
        if request.method != "POST":
            return replace(where, outcome=Outcome.METHOD_NOT_ALLOWED)
        if self._is_off(target):
            return replace(where, outcome=Outcome.IGNORED)
        return self.acceptance.accept(self._callback(target, request), until)

    def _is_off(self, target: CallbackTarget) -> bool:
        """Whether the topic is mostly personal and nobody has asked for it."""
        topic = self.platform.topics.get(target.topic or "")
        name = f"{target.platform}/{target.topic}"
        return bool(topic and topic.mostly_personal and name not in self.outside.personal_topics)

    def _callback(self, target: CallbackTarget, request: CallbackRequest) -> Callback:
        return Callback(
            target=target,
            callback_id=self.outside.new_callback_id(),
            received_at=self.outside.now(),
            content_type=request.content_type,
            body=request.body,
            key_id=key_id_of(request.token),
        )
