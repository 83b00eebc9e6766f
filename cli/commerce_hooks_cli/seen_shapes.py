"""What the shape watch has seen of each topic, beside what the topic's schema declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from cenit.services import PLATFORM as CENIT
from commerce_hooks.schemas.fields import Kind, described
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.platforms import discover_platforms, unknown
from shapes.shapes import CUT, KnownShape
from shapes.sightings import UNRECOGNIZED_TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mypy_boto3_s3 import S3Client
    from pydantic import BaseModel

    from commerce_hooks.platform import Platform

_PREFIX = "shapes/"


@dataclass(frozen=True)
class SeenField:
    """A path, the types seen there, since when, and whether the topic's schema declares it."""

    path: str
    types: tuple[str, ...]
    first_seen: str
    declared: bool


@dataclass(frozen=True)
class SeenTopic:
    """One topic's set of paths. `schema` is None for what has none: bodies of unknown topics."""

    platform: str
    topic: str
    known: KnownShape
    schema: type[BaseModel] | None

    @property
    def is_cut(self) -> bool:
        """Whether it leaves something out, because there was too much of it."""
        return CUT in self.known.pairs

    @property
    def fields(self) -> list[SeenField]:
        """All but the body itself, by path."""
        return [
            SeenField(path, seen.types, seen.first_seen, is_declared(self.schema, path))
            for path, seen in sorted(self.known.paths.items())
            if path
        ]

    @property
    def undeclared(self) -> list[SeenField]:
        return [field for field in self.fields if not field.declared]


def is_declared(schema: type[BaseModel] | None, path: str) -> bool:
    """Whether a schema names every word of a path, or leaves open what stands there."""
    record = schema
    for word in path.replace("[]", "").split("."):
        field = described(record).get(word)
        if field is None:
            return False
        if field.kind is Kind.OPEN:
            return True
        record = field.record
    return True


class SeenShapes:
    """The sets in a deployment's payload bucket."""

    def __init__(self, s3: S3Client, bucket: str, functions: Path) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._platforms = _platforms(functions)

    def find(self, platform: str | None, topic: str | None) -> list[SeenTopic]:
        """All, one platform's, or one topic's; empty where nothing came yet.

        Raises:
            BadUsageError: There is no such platform or topic.
            CommandError: What is kept cannot be read.
        """
        kept = sorted(self._kept())
        if platform is not None:
            self._check(kept, platform, topic)
        return [
            self._read(*names)
            for names in kept
            if platform in {None, names[0]} and topic in {None, names[1]}
        ]

    def _kept(self) -> Iterator[tuple[str, str]]:
        """Platform and topic of each set."""
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=_PREFIX):
            for listed in page.get("Contents", []):
                match listed["Key"].removesuffix(".json").split("/"):
                    case [_, platform, topic]:
                        yield platform, topic

    def _check(self, kept: list[tuple[str, str]], platform: str, topic: str | None) -> None:
        platforms = {*self._platforms, *(name for name, _ in kept)}
        if platform not in platforms:
            raise unknown("platform", platform, sorted(platforms))
        topics = {name for of, name in kept if of == platform} | {UNRECOGNIZED_TOPIC}
        if platform in self._platforms:
            topics |= self._platforms[platform].topics.keys()
        if topic is not None and topic not in topics:
            raise unknown(f"topic of {platform}", topic, sorted(topics))

    def _read(self, platform: str, topic: str) -> SeenTopic:
        key = f"{_PREFIX}{platform}/{topic}.json"
        text = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            known = KnownShape.model_validate_json(text)
        except ValidationError:
            # `from None`: pydantic's message holds the text.
            raise CommandError(
                f"{key} in the bucket {self._bucket} cannot be read.",
                "Delete it: the shape watch begins it anew.",
            ) from None
        known_platform = self._platforms.get(platform)
        known_topic = known_platform.topics.get(topic) if known_platform else None
        return SeenTopic(platform, topic, known, known_topic.schema if known_topic else None)


def _platforms(functions: Path) -> Mapping[str, Platform]:
    """Those that send callbacks, and Cenit, whose calls become events as well."""
    return {**discover_platforms(functions), CENIT.name: CENIT}
