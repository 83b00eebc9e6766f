"""A new key for the ring: accepted everywhere first, then signing. It can be interrupted anywhere.

What is done stands in the ring itself: a key of a higher number than the one that signs is a
rotation that is not finished. Nothing that is accepted stops being accepted.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from commerce_hooks.deadline import KEY_RING_SECONDS
from commerce_hooks.keyring import KeyRing
from commerce_hooks_cli.aws_clock import set_by
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.key_records import NOTHING_KNOWN
from commerce_hooks_cli.key_ring_changes import change_key_ring, signing_with, with_key
from commerce_hooks_cli.key_rules import next_key_id, unfinished_key
from commerce_hooks_cli.key_survey import any_key_ring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.key_records import KeyRecords
    from commerce_hooks_cli.world import Clock

_KEY_BYTES = 48
_LOOK_EVERY = 1.0


def settling_seconds(cache_seconds: int) -> float:
    """After so long every function that can read the key ring has read a change of it.

    A read that was on its way when the ring changed may still bring the old one, up to 2 s
    later, and it is served for the cache's time from then. If the read after that fails, which
    takes up to 2 s, the old ring serves for RETRY_SECONDS more. No wait is long enough for a
    function that keeps failing to read it, or whose first read after a rest fails: it serves
    the old ring for RETRY_SECONDS at a time, and says so by the metric KeyRingStale.
    """
    from commerce_hooks.aws import SecretsManagerKeyRing

    return cache_seconds + 2 * KEY_RING_SECONDS + SecretsManagerKeyRing.RETRY_SECONDS


def refusing_seconds(cache_seconds: int) -> float:
    """The same of functions whose every read succeeds: so soon is refused what was revoked."""
    return cache_seconds + KEY_RING_SECONDS


def aws_clock(deployment: Deployment, clock: Clock) -> Clock:
    """By which a rotation waits: who goes on with it may do so at another computer."""
    from botocore.exceptions import ClientError

    answer: Mapping[str, Any]
    try:
        answer = deployment.client("secretsmanager").get_secret_value(
            SecretId=deployment.key_ring_arn
        )
    except ClientError as error:
        # It says the time as well; what is wrong with the ring is said where it is read.
        answer = error.response
    return set_by(answer, clock)


@dataclass(frozen=True)
class Rotation:
    """The steps of one. Each raises CommandError if somebody else's change came in between."""

    deployment: Deployment
    records: KeyRecords
    clock: Clock
    new_key: Callable[[], str] = lambda: secrets.token_urlsafe(_KEY_BYTES)

    def unfinished(self) -> str | None:
        """The key of a rotation that was interrupted."""
        return unfinished_key(any_key_ring(self.deployment), self.records.times())

    def accept(self) -> str:
        """Add a key to those that are accepted; its id."""
        ring = any_key_ring(self.deployment)
        key_id = next_key_id({*ring.keys, *self.records.times()})
        # Taken before the ring has it, so that two at once never make two keys of one id.
        if not self.records.claim(key_id):
            raise CommandError("Somebody else is adding a key right now.", "See `keys status`.")
        key = self.new_key()
        change_key_ring(self.deployment, lambda text: with_key(text, key_id, key))
        self.records.note(key_id, {"accepted_at": self.clock.now()})
        return key_id

    def ready_at(self, key_id: str) -> datetime:
        """When the key is accepted everywhere. It is as good as new if nobody knows its age."""
        known = self.records.times().get(key_id, NOTHING_KNOWN).accepted_at
        if known is None:
            known = self.clock.now()
            self.records.note(key_id, {"accepted_at": known})
        seconds = settling_seconds(self.deployment.key_ring_cache_seconds)
        return known + timedelta(seconds=seconds)

    def wait(self, until: datetime, on_progress: Callable[[float, str], None]) -> None:
        """Let the time pass. `on_progress` hears how much of it has, and what is left."""
        whole = max(self._left(until), _LOOK_EVERY)
        while (left := self._left(until)) > 0:
            on_progress(1 - left / whole, f"{left:.0f} s")
            self.clock.sleep(min(left, _LOOK_EVERY))

    def let_sign(self, key_id: str) -> None:
        """Make new URLs with this key from now on."""

        def change(text: str) -> str:
            if key_id not in KeyRing.parse(text).keys:
                raise CommandError(
                    f"Somebody else took {key_id} out of the key ring meanwhile.",
                    "See `keys status`.",
                )
            return signing_with(text, key_id)

        if any_key_ring(self.deployment).sign != key_id:
            change_key_ring(self.deployment, change)
        self.records.note(key_id, {"signs_at": self.clock.now()})

    def _left(self, until: datetime) -> float:
        return (until - self.clock.now()).total_seconds()
