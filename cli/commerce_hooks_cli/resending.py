"""One event, or those of one callback: found in the archives, and put on the bus again.

A replay has no filter but rules. So a temporary rule that matches only what is wanted gets the
whole replay, for itself alone, and what arrives behind it is published as it is.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.deadline import Deadline
from commerce_hooks.publishing import NotPublishedError, Published, Publisher
from commerce_hooks_cli.bus_failure import bus_seconds, what_to_do, what_was_sent
from commerce_hooks_cli.errors import BadUsageError, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.replaying import Replaying
    from commerce_hooks_cli.world import Clock, Events

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ID = re.compile(rf"({_UUID})((?:\.[0-9a-z]+)*)")
# Our own notices about a callback are no events of it.
_OF_PLATFORMS = [{"anything-but": ["commerce-hooks.system"]}]
# A replay goes through its time minute by minute (StartReplay, API reference), and all events of
# a callback have the same time.
_BEYOND = timedelta(minutes=2)


@dataclass(frozen=True)
class Wanted:
    """What is to be sent again: one event, or all events of one callback."""

    callback_id: str
    event_id: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """An id as our answers, logs and events show it.

        Raises:
            BadUsageError: It is none.
        """
        found = _ID.fullmatch(text)
        if found is None:
            raise BadUsageError(
                f"{text!r} is no id of an event or a callback.",
                "Give it whole: a callback_id, or an event_id such as <callback_id>.0.",
            )
        return cls(found[1], text if found[2] else None)

    @property
    def is_quarantine_notice(self) -> bool:
        """Whether it is `callback.quarantined`, on the bus while the callback itself waits."""
        return self.event_id == f"{self.callback_id}.q"

    def pattern(self, replay_names: Sequence[str]) -> dict[str, Any]:
        """What the temporary rule matches: of these replays, nothing else."""
        if self.event_id:
            about: dict[str, Any] = {"detail": {"metadata": {"event_id": [self.event_id]}}}
        else:
            callback = {"metadata": {"callback_id": [self.callback_id]}}
            about = {"source": _OF_PLATFORMS, "detail": callback}
        return {"replay-name": list(replay_names), **about}


@dataclass(frozen=True)
class Pace:
    """Seconds that a deployment's bus takes.

    Args:
        rule: Until a new rule matches events.
        look: Between looks at the replay.
        quiet: Without an event, until none is on its way.
    """

    rule: float
    look: float
    quiet: float


AT_AWS = Pace(rule=60, look=5, quiet=20)
"""AWS promises no time for a rule, only "a short period" (PutRule, API reference)."""
LOCALLY = Pace(rule=0, look=1, quiet=1)


@dataclass(frozen=True)
class Search:
    """Takes what a replay brings to the temporary rule."""

    wanted: Wanted
    clock: Clock
    pace: Pace
    seconds: int

    def run(
        self, replaying: Replaying, events: Events, show: Callable[[float, str], None]
    ) -> list[BusEvent]:
        """All that is wanted, once each; empty where nothing is like that.

        Raises:
            CommandError: It took too long.
        """
        end = self.clock.now() + timedelta(seconds=self.seconds)
        found: dict[str, BusEvent] = {}
        while not self._enough(found, replaying):
            if self.clock.now() > end:
                raise self._too_long(replaying)
            show(replaying.part, f"{len(found)} found")
            self._take(events, self.pace.look, found)
        if self.wanted.event_id not in found:
            while self._take(events, self.pace.quiet, found):
                pass
        # By number: .9 before .10.
        return sorted(found.values(), key=lambda event: (len(event.event_id), event.event_id))

    def _take(self, events: Events, seconds: float, found: dict[str, BusEvent]) -> bool:
        # What was sent again before is in the archive several times.
        came = events.poll(seconds)
        found.update((event.event_id, event.as_before_its_replay()) for event in came)
        return bool(came)

    def _enough(self, found: dict[str, BusEvent], replaying: Replaying) -> bool:
        if self.wanted.event_id in found:
            return True
        if replaying.look():
            return True
        times = [datetime.fromisoformat(event.time) for event in found.values()]
        return bool(times) and replaying.reached >= max(times) + _BEYOND

    def _too_long(self, replaying: Replaying) -> CommandError:
        return CommandError(
            f"After {self.seconds} seconds, {replaying.part:.0%} of the time was looked "
            "through. Nothing was sent.",
            "Look into less of it with --from and --to, or give it more time with --timeout.",
        )


@dataclass(frozen=True)
class ArchivedEvent:
    """An event out of the archive, as it went onto the bus then."""

    event_id: str
    source: str
    detail_type: str
    time: datetime
    detail: str

    @classmethod
    def of(cls, event: BusEvent) -> Self:
        return cls(
            event.event_id,
            event.source,
            event.detail_type,
            datetime.fromisoformat(event.time),
            event.detail_text,
        )


def publish(deployment: Deployment, clock: Clock, events: Sequence[BusEvent]) -> Published:
    """Put the events on the bus with the operator's credentials.

    Raises:
        CommandError: Not all of them are there.
    """
    bus = EventBridgeBus(deployment.client("events"), deployment.event_bus_arn)
    deadline = Deadline(time.monotonic, bus_seconds(len(events)))
    try:
        published = Publisher(bus, clock.sleep).publish(
            [ArchivedEvent.of(event) for event in events], deadline
        )
    except NotPublishedError as error:
        raise CommandError(
            f"The bus did not take everything ({error.cause}): {what_was_sent(error)}.",
            what_to_do(may_pass=error.may_pass, local=deployment.local),
        ) from error
    if published.refused:
        codes = ", ".join(sorted(set(published.refused.values())))
        raise CommandError(f"The bus refused {len(published.refused)} of the events: {codes}.")
    return published
