"""The sample callbacks of `events/`, as bytes with their names taken apart."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[2] / "events"
OUTCOMES = EVENTS / "outcomes.json"
CALLS = "cenit"
"""The folder of calls, which are no callbacks: `support/cenit.py` reads them."""
_CONTENT_TYPES = {".json": "application/json", ".form": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What becomes of a sample on a deployment whose parameters are the defaults.

    Args:
        events: How many come off the bus.
        queued: They are published by a job, so the answer doesn't name them.
        stored: Their data is in the bucket.
        reason: Why it is quarantined.
    """

    outcome: str = "accepted"
    events: int = 1
    queued: bool = False
    stored: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One body as its platform sends it. `variant` is None for a topic's plain sample."""

    platform: str
    topic: str
    variant: str | None
    body: bytes
    path: Path

    def __str__(self) -> str:
        """Readable test ids: `konimbo/order_created.with_cart`, `konimbo/ticket_created.form`."""
        return f"{self.platform}/{self.path.name if self.is_form else self.path.stem}"

    @property
    def file(self) -> str:
        """What `outcomes.json` calls it."""
        return f"{self.platform}/{self.path.name}"

    @property
    def is_form(self) -> bool:
        return self.path.suffix == ".form"

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self.path.suffix]

    @property
    def expected(self) -> Expected:
        return Expected(**outcomes().get(self.file, {}))


def outcomes() -> dict[str, dict[str, Any]]:
    """What `events/outcomes.json` says of the samples that it names."""
    named: dict[str, dict[str, Any]] = json.loads(OUTCOMES.read_bytes())
    return named


def samples(platform: str | None = None) -> tuple[Sample, ...]:
    """All callbacks in JSON, or one platform's; a topic's plain one is before its variants."""
    return _found(platform, ".json")


def forms(platform: str | None = None) -> tuple[Sample, ...]:
    """All callbacks that are forms, or one platform's."""
    return _found(platform, ".form")


def callbacks(platform: str | None = None) -> tuple[Sample, ...]:
    """All callbacks in either spelling, or one platform's."""
    return (*samples(platform), *forms(platform))


def sample(platform: str, topic: str, variant: str | None = None) -> Sample:
    """One sample in JSON by name."""
    name = topic if variant is None else f"{topic}.{variant}"
    return _read(EVENTS / platform / f"{name}.json")


def twin(form: Sample) -> Sample | None:
    """The same callback in JSON, if there is one."""
    path = form.path.with_suffix(".json")
    return _read(path) if path.exists() else None


def sample_files() -> Iterator[Path]:
    """Every file under `events/`, so that a misnamed one is noticed and not skipped."""
    return (path for path in sorted(EVENTS.rglob("*")) if path.is_file())


def _found(platform: str | None, suffix: str) -> tuple[Sample, ...]:
    paths = EVENTS.glob(f"{platform or '*'}/*{suffix}")
    ours = [path for path in paths if platform or path.parent.name != CALLS]
    return tuple(map(_read, sorted(ours, key=lambda path: (path.parent.name, path.stem))))


def _read(path: Path) -> Sample:
    topic, _, variant = path.stem.partition(".")
    return Sample(path.parent.name, topic, variant or None, path.read_bytes(), path)
