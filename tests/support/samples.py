"""The sample callbacks of `events/`, as bytes with their names taken apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EVENTS = Path(__file__).parents[2] / "events"


@dataclass(frozen=True, slots=True)
class Sample:
    """One body as its platform sends it. `variant` is None for a topic's plain sample."""

    platform: str
    topic: str
    variant: str | None
    body: bytes
    path: Path

    def __str__(self) -> str:
        """Readable test ids: `konimbo/order_created.with_cart`."""
        return f"{self.platform}/{self.path.stem}"


def samples(platform: str | None = None) -> tuple[Sample, ...]:
    """All samples, or one platform's, in the order of their names."""
    return tuple(map(_read, sorted(EVENTS.glob(f"{platform or '*'}/*.json"))))


def sample(platform: str, topic: str, variant: str | None = None) -> Sample:
    """One sample by name."""
    name = topic if variant is None else f"{topic}.{variant}"
    return _read(EVENTS / platform / f"{name}.json")


def sample_files() -> Iterator[Path]:
    """Every file under `events/`, so that a misnamed one is noticed and not skipped."""
    return (path for path in sorted(EVENTS.rglob("*")) if path.is_file())


def _read(path: Path) -> Sample:
    topic, _, variant = path.stem.partition(".")
    return Sample(path.parent.name, topic, variant or None, path.read_bytes(), path)
