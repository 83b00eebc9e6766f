"""The fake platforms of a local stack, as somebody sees them who works at a shop or there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_hooks_cli.local.state import LocalState

_SECONDS = 30.0
"""A callback may take half of that, and there may be two for an event."""
_SECRET_HEADER = "X-Fake-Admin"  # noqa: S105 - a name
_NOT_FOUND = 404


@dataclass(frozen=True)
class Webhook:
    """A record at a fake platform; where its URL leads is no secret, but the URL is."""

    id: str
    shop: str
    topics: tuple[str, ...]
    host: str
    active: bool


@dataclass(frozen=True)
class Attempt:
    """A callback that was made, and how it was answered: no status if it was not."""

    webhook: str
    status: int | None
    accepted: bool


@dataclass(frozen=True)
class FakeShops:
    """All shops of the fake platforms. Methods raise CommandError if that can't be done."""

    platforms: Mapping[str, str]
    secret: str = field(repr=False)

    @classmethod
    def of(cls, state: LocalState) -> FakeShops:
        return cls(state.platforms, state.platform_secret)

    def webhooks(self, platform: str) -> list[Webhook]:
        """Everybody's, also those that the platform's API does not list."""
        return [_webhook(one) for one in self._asked(platform, "GET", "webhooks")["webhooks"]]

    def delete(self, platform: str, id_: str) -> None:
        """Somebody deletes one at the platform, and tells nobody."""
        self._asked(platform, "DELETE", f"webhooks/{quote(id_, safe='')}")

    def happen(
        self, platform: str, topic: str, sample: Any, shop: str | None = None
    ) -> list[Attempt]:
        """Something happens in a shop, or in all; whoever subscribed to it is called."""
        told = {"topic": topic, "body": sample, "id": _id_in(sample)}
        if shop is not None:
            told["shop"] = shop
        made = self._asked(platform, "POST", "deliveries", told)["deliveries"]
        return [Attempt(one["webhook"], one["status"], one["accepted"]) for one in made]

    def _asked(self, platform: str, method: str, path: str, told: Any = None) -> Any:
        from urllib3 import PoolManager
        from urllib3.exceptions import HTTPError

        if platform not in self.platforms:
            raise CommandError(
                f"There is no fake {platform!r}.", f"There are: {', '.join(self.platforms)}."
            )
        try:
            with PoolManager(timeout=_SECONDS, retries=False) as pool:
                answer = pool.request(
                    method,
                    f"{self.platforms[platform]}/_fake/{path}",
                    headers={_SECRET_HEADER: self.secret},
                    json=told,
                )
        except HTTPError as error:
            raise CommandError(f"The fake {platform} does not answer.") from error
        return _good(platform, answer.status, answer.data)


def _good(platform: str, status: int, body: bytes) -> Any:
    if status == _NOT_FOUND:
        raise CommandError(f"The fake {platform} has no such webhook.")
    told = json.loads(body)
    if status // 100 != 2:  # noqa: PLR2004 - success, as HTTP has it
        raise CommandError(f"The fake {platform} does not take that: {told.get('error')}.")
    return told


def _webhook(told: Mapping[str, Any]) -> Webhook:
    flags = (name for name, value in told.items() if name.startswith("on_") and value is True)
    topics = (told["event"],) if "event" in told else tuple(sorted(flags))
    host = urlsplit(told.get("callback_url") or "").netloc
    return Webhook(str(told["id"]), str(told["shop"]), topics, host, told["active"] is True)


def _id_in(sample: Any) -> str | None:
    """Of what a sample of Centry is about: bodies hold nothing else."""
    ids = (value for name, value in dict(sample).items() if name.endswith("_id"))
    return next((str(one) for one in ids), None)
