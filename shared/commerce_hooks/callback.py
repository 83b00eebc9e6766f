"""A callback on its way in: the gateway's request, and what is kept once it proved genuine."""

from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Self

from commerce_hooks.callback_urls import STORE_NAME, TOPIC_NAME
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.platform import Platform


@dataclass(frozen=True)
class CallbackRequest:
    """What API Gateway hands over, in either payload format. Nothing in it is trusted yet."""

    method: str
    path_parameters: Mapping[str, str]
    content_type: str
    _body: str
    _is_base64: bool

    @classmethod
    def from_gateway(cls, event: Mapping[str, Any]) -> Self:
        context = event["requestContext"]
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        return cls(
            # 2.0 of the HTTP API has it in the context, 1.0 of the REST API at the top.
            method=context["http"]["method"] if "http" in context else event["httpMethod"],
            path_parameters=event.get("pathParameters") or {},
            content_type=headers.get("content-type") or "",
            _body=event.get("body") or "",
            _is_base64=bool(event.get("isBase64Encoded")),
        )

    @cached_property
    def body(self) -> bytes:
        """The body's bytes as the platform sent them."""
        with suppress(ValueError):
            if self._is_base64:
                # Strictly: a lenient decoder drops what it does not know, and alters the body.
                return b64decode(self._body, validate=True)
        # What the gateway cannot send (bad base64, lone surrogates) is still kept, and refused
        # where the body is decoded.
        return self._body.encode("utf-8", "surrogatepass")

    def target(self, platform: Platform) -> CallbackTarget | None:
        """What the URL claims to be for; None if it cannot be a callback URL of ours.

        API Gateway has decoded the path parameters; decoding again would open a second way
        to write the same URL.
        """
        store = self.path_parameters.get("store", "")
        topic = self.path_parameters.get("topic", "") if platform.topic_in_url else None
        if not STORE_NAME.fullmatch(store):
            return None
        if topic is not None and not TOPIC_NAME.fullmatch(topic):
            return None
        return CallbackTarget(platform.name, store, topic)

    @property
    def token(self) -> str:
        return self.path_parameters.get("token", "")


@dataclass(frozen=True)
class Callback:
    """A genuine callback. `callback_id` names this delivery everywhere."""

    target: CallbackTarget
    callback_id: str
    received_at: datetime
    content_type: str
    body: bytes
    # `<platform>/<store>` of the shop behind a store that only stands for it, as Cenit's do.
    backed_by: str | None = None
    # The key of the key ring that proved it; None of what was kept before that was noted.
    key_id: str | None = None

    @cached_property
    def sha256(self) -> str:
        return sha256(self.body).hexdigest()


def iso_utc(moment: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond: `2026-01-31T09:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
