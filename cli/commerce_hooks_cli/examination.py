"""What today's code makes of a callback: its events, or what is wrong where in the body."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Self

from commerce_hooks.errors import Problem, QuarantineError, Reason
from commerce_hooks.events import EventBuilder
from commerce_hooks.reading import Contents, decoded, read

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from commerce_hooks.callback import Callback
    from commerce_hooks.decoding import JsonValue
    from commerce_hooks.events import Event
    from commerce_hooks.platform import Platform, Topic
    from commerce_hooks_cli.deployment import Deployment


@dataclass(frozen=True)
class Examination:
    """A callback's events and what keeps it, or some of its parts, from becoming events.

    Args:
        tree: The body as the schema saw it, without what must not be shown; the problems' places
            lead into it. None where the body is unreadable.
        hindrance: Why it cannot be replayed, where that lies not in the body.
    """

    events: Sequence[Event] = ()
    refusal: QuarantineError | None = None
    tree: JsonValue = None
    hindrance: str = ""

    @property
    def accepted(self) -> bool:
        return self.refusal is None and not self.hindrance

    @property
    def problems(self) -> Sequence[Problem]:
        return self.refusal.problems if self.refusal else ()


@dataclass(frozen=True)
class Examiner:
    """Today's code with the settings of a deployment. `masked` hides personal data."""

    platforms: Mapping[str, Platform]
    deployment: str
    masked: bool
    personal_topics: Collection[str]

    @classmethod
    def of(cls, deployment: Deployment, platforms: Mapping[str, Platform]) -> Self:
        # Whatever is not `full` hides.
        masked = deployment.personal_data != "full"
        return cls(platforms, deployment.deployment_name, masked, deployment.personal_topics)

    def examine(self, callback: Callback) -> Examination:
        """Read, validate and build, as the platform's function does."""
        name = callback.target.platform
        if name not in self.platforms:
            return Examination(hindrance=f"this checkout has no platform {name}")
        builder = EventBuilder(self.platforms[name], self.deployment, self.masked)
        try:
            return self._examined(builder, callback)
        except QuarantineError as error:
            return Examination(refusal=error)
        except Exception as error:  # noqa: BLE001 - a fault of ours may be why the record is there
            problem = Problem((), _fault(error))
            return Examination(refusal=QuarantineError(Reason.INTERNAL_ERROR, (problem,)))

    def _examined(self, builder: EventBuilder, callback: Callback) -> Examination:
        try:
            contents = read(builder.platform, callback)
        except QuarantineError as error:
            body, _ = decoded(builder.platform, callback.body)
            return Examination(refusal=error, tree=builder.shown(None, body))
        built = builder.built(callback, contents)
        tree, off = _tree(builder, contents), self._off(builder.platform, contents.topic)
        return Examination(built.events, built.refusal, tree, off)

    def _off(self, platform: Platform, topic: Topic | None) -> str:
        """Words for a topic that nobody has asked for, though it was on when the callback came."""
        if topic is None or not topic.mostly_personal:
            return ""
        name = f"{platform.name}/{topic.name}"
        return "" if name in self.personal_topics else f"{name} is off: see PersonalTopics"


def _tree(builder: EventBuilder, contents: Contents) -> JsonValue:
    """What events would show: the screen gets no more than consumers do."""
    schema = contents.topic.schema if contents.topic else None
    parts: list[JsonValue] = [builder.shown(schema, part) for part in contents.parts]
    # Where there are several, the problems' places begin with which.
    return parts[0] if len(parts) == 1 else parts


def _fault(error: Exception) -> str:
    """Which and where, without the message: that may quote the body."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {PurePath(frame.filename).name}:{frame.lineno}"
