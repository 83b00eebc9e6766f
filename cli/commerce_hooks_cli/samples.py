"""The sample callbacks in events/: <platform>/<topic>[.<variant>].json, or .form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks_cli.errors import BadUsageError, CommandError

if TYPE_CHECKING:
    from pathlib import Path

_FORM = ".form"
_CONTENT_TYPES = {
    ".json": "application/json",
    _FORM: "application/x-www-form-urlencoded",
}


@dataclass(frozen=True)
class Sample:
    """A callback's body as the platform sends it."""

    body: bytes
    content_type: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": self.content_type}


def load_sample(path: Path) -> Sample:
    """Read a body from any file; what is no form goes out as JSON."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise CommandError(f"Could not read {path}: {error.strerror}.") from error
    return Sample(body, _CONTENT_TYPES.get(path.suffix, _CONTENT_TYPES[".json"]))


def sample_variants(
    events: Path, platform: str, topic: str, *, form: bool = False
) -> dict[str, Path]:
    """The topic's files by variant; the plain one, if there is one, as ''.

    Of what lies there as JSON and as a form, the JSON; with `form`, forms and nothing else.
    """
    paths = sorted(path for path in (events / platform).glob("*.*") if _topic(path) == topic)
    # Of a form and its JSON, the latter comes later and stays.
    return {
        path.stem.removeprefix(topic).removeprefix("."): path
        for path in paths
        if path.suffix == _FORM or not form
    }


def find_sample(
    events: Path, platform: str, topic: str, variant: str | None = None, *, form: bool = False
) -> Sample:
    """Load a sample by its place; without a variant the plain one, else the first.

    Raises:
        BadUsageError: There are others of the topic, but not this one.
        CommandError: There is none of the topic.
    """
    variants = sample_variants(events, platform, topic, form=form)
    if not variants:
        raise _no_sample(events, platform, topic, form=form)
    if variant is None:
        return load_sample(variants.get("", next(iter(variants.values()))))
    if variant not in variants:
        known = ", ".join(sorted(filter(None, variants))) or "none"
        what = "form" if form else "sample"
        raise BadUsageError(
            f"The {what} of {platform} {topic} has no variant {variant!r}.",
            f"Its variants: {known}.",
        )
    return load_sample(variants[variant])


def _no_sample(events: Path, platform: str, topic: str, *, form: bool) -> CommandError:
    with_forms = sorted({_topic(path) for path in (events / platform).glob(f"*{_FORM}")})
    if not form or not with_forms:
        return CommandError(
            f"There is no {'form' if form else 'sample'} for {platform} {topic} in {events}.",
            "Give the body yourself with --file PATH.",
        )
    return BadUsageError(
        f"The samples of {platform} {topic} are in JSON only.",
        f"There are forms of: {', '.join(with_forms)}.",
    )


def _topic(path: Path) -> str:
    return path.name.partition(".")[0]
