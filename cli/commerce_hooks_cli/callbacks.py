"""Callback URLs of a deployment, and callbacks sent to them the way a platform does."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_hooks.callback_urls import callback_path
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks_cli.answer import Answer, NoAnswerError, Post
from commerce_hooks_cli.key_ring_changes import refuse_malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.samples import Sample


@dataclass(frozen=True)
class CallbackUrl:
    """Where a platform calls. `topic` is None if one URL serves all topics. A secret."""

    platform: str
    store: str
    topic: str | None
    method: str
    url: str = field(repr=False)


@dataclass(frozen=True)
class CallbackUrls:
    """Mints callback URLs; `base_url` is the deployment's public one."""

    base_url: str
    key_ring: KeyRing

    def for_topic(self, platform: Platform, store: str, topic: str) -> CallbackUrl:
        """The URL for a topic.

        Raises:
            CommandError: The key ring's entry of the store cannot be read: it would be refused.
        """
        in_url = topic if platform.topic_in_url else None
        target = CallbackTarget(platform.name, store, in_url)
        refuse_malformed(self.key_ring, f"{platform.name}/{store}")
        path = callback_path(target, self.key_ring.mint(target))
        return CallbackUrl(platform.name, store, in_url, "POST", self.base_url + path)

    def for_store(self, platform: Platform, store: str) -> list[CallbackUrl]:
        """One URL, or one per topic: what has to be given to the platform."""
        topics = list(platform.topics) if platform.topic_in_url else list(platform.topics)[:1]
        return [self.for_topic(platform, store, topic) for topic in topics]


@dataclass(frozen=True)
class Sent:
    """A callback that was sent, and what was answered. It holds neither URL nor body.

    Args:
        queued: So many events are left to a job; their ids are not in the answer.
    """

    platform: str
    topic: str
    store: str
    ok: bool
    status: int | None
    outcome: str
    callback_id: str | None = None
    event_ids: tuple[str, ...] = ()
    queued: int = 0
    milliseconds: float = 0.0
    problem: str | None = None
    reason: str | None = None
    errors: tuple[Any, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "event_ids": list(self.event_ids), "errors": list(self.errors)}

    @property
    def why(self) -> str:
        """What the answer says about its outcome, if anything."""
        types = (_text(error.get("type")) for error in self.errors if isinstance(error, dict))
        known = ", ".join(dict.fromkeys(filter(None, types)))
        return (self.reason or "") + (f" ({known})" if known else "")


@dataclass(frozen=True)
class Sender:
    """Posts samples to callback URLs."""

    post: Post

    def send(
        self, to: CallbackUrl, topic: str, sample: Sample, headers: Mapping[str, str] | None = None
    ) -> Sent:
        """Post a sample; `headers` are what proves it where the URL doesn't."""
        about = (to.platform, topic, to.store)
        try:
            answer = self.post(to.url, sample.body, sample.headers | dict(headers or {}))
        except NoAnswerError as error:
            return Sent(*about, ok=False, status=None, outcome="no_answer", problem=str(error))
        told = _told(answer.body)
        return Sent(
            *about,
            ok=answer.successful,
            status=answer.status,
            outcome=_text(told.get("status")) or _text(told.get("error")) or _unreadable(answer),
            callback_id=_text(told.get("callback_id")),
            event_ids=tuple(str(id_) for id_ in _items(told.get("event_ids"))),
            queued=_number(told.get("queued")),
            milliseconds=round(answer.seconds * 1000, 1),
            reason=_text(told.get("reason")),
            errors=tuple(_items(told.get("errors"))),
        )


def _unreadable(answer: Answer) -> str:
    return "redirect_not_followed" if answer.redirects else "unreadable_answer"


def _told(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []
