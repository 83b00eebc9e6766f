"""The sample callbacks in events/: <platform>/<topic>[.<variant>].json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks_cli.errors import BadUsageError, CommandError

if TYPE_CHECKING:
    from pathlib import Path

_CONTENT_TYPES = {
    ".json": "application/json",
    ".form": "application/x-www-form-urlencoded",
}


@dataclass(frozen=True)
class Sample:
    """A callback's body as the platform sends it."""

    body: bytes
    content_type: str


def load_sample(path: Path) -> Sample:
    """Read a body from any file; what is no form goes out as JSON."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise CommandError(f"Could not read {path}: {error.strerror}.") from error
    return Sample(body, _CONTENT_TYPES.get(path.suffix, _CONTENT_TYPES[".json"]))


def sample_variants(events: Path, platform: str, topic: str) -> dict[str, Path]:
    """The topic's files by variant; the plain one, if there is one, as ''."""
    paths = sorted(path for path in (events / platform).glob("*.*") if _topic(path) == topic)
    return {path.stem.removeprefix(topic).removeprefix("."): path for path in paths}


def find_sample(events: Path, platform: str, topic: str, variant: str | None = None) -> Sample:
    """Load a sample by its place; without a variant the plain one, else the first."""
    variants = sample_variants(events, platform, topic)
    if not variants:
        raise CommandError(
            f"There is no sample for {platform} {topic} in {events}.",
            "Give the body yourself with --file PATH.",
        )
    if variant is None:
        return load_sample(variants.get("", next(iter(variants.values()))))
    if variant not in variants:
        known = ", ".join(sorted(filter(None, variants))) or "none"
        raise BadUsageError(
            f"The sample of {platform} {topic} has no variant {variant!r}.",
            f"Its variants: {known}.",
        )
    return load_sample(variants[variant])


def _topic(path: Path) -> str:
    return path.name.partition(".")[0]
