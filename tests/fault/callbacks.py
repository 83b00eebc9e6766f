"""Requests of all platforms that call back: genuine, forged, and otherwise nothing to keep."""

import json
from dataclasses import dataclass, field
from random import Random

from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.platform import Platform
from fault.bodies import JSON, Bodies, Body
from support.api_gateway import LambdaEvent, http_api_event
from support.platforms import platforms
from support.receiving import RING

STORES = ("acme", "loja-2", "3")
KEY_RING = KeyRing.parse(json.dumps(RING))
_SAME_AGAIN = 1 / 10


@dataclass(frozen=True)
class Sent:
    """A request, and what may become of it at all.

    Args:
        what: For people.
        kept: It is genuine, so a 200 means that it is safe; else nothing of it is anywhere.
        marks: Texts that its events have to carry, each of its own.
        bulky: So many parts that a job has to publish them.
        spoiled: The bus will never take all of its events.
        callback_id: Of a signed call, whose id comes of its signature.
    """

    platform: str
    what: str
    event: LambdaEvent = field(repr=False)
    target: CallbackTarget
    body: bytes = field(repr=False)
    content_type: str = JSON
    kept: bool = True
    marks: tuple[str, ...] = ()
    bulky: bool = False
    spoiled: bool = False
    callback_id: str | None = None


class Sender:
    """Makes the requests of one platform."""

    def __init__(self, platform: Platform, chance: Random) -> None:
        self._platform = platform
        self._chance = chance
        self._bodies = Bodies(platform, chance)
        self._last: Body | None = None

    def genuine(self) -> Sent:
        """Any; now and then the same bytes again, which is another callback."""
        again = self._chance.random() < _SAME_AGAIN
        self._last = self._last if again and self._last else self._bodies.any()
        return self._genuine(self._last)

    def plain(self) -> Sent:
        """An ordinary one, of one event."""
        return self._genuine(self._bodies.plain())

    def bulk(self, parts: int) -> Sent:
        return self._genuine(self._bodies.bulk(parts))

    def looked_at(self) -> Sent:
        """A genuine URL, opened in a browser."""
        target = self._target(next(iter(self._platform.topics)))
        return self._in_vain("looked at", target, KEY_RING.mint(target), Body("", "", b""), "GET")

    def in_vain(self) -> Sent:
        """One of which nothing is kept."""
        return self._chance.choice((self._forged, self._forged, self._misdirected, self._off))()

    def _genuine(self, body: Body) -> Sent:
        target = self._target(body.topic)
        return Sent(
            platform=self._platform.name,
            what=body.what,
            event=_event(target, KEY_RING.mint(target), body),
            target=target,
            body=body.content,
            content_type=body.content_type,
            marks=body.marks,
            bulky=body.bulky,
            spoiled=body.is_spoiled,
        )

    def _in_vain(
        self, what: str, target: CallbackTarget, token: str, body: Body, method: str = "POST"
    ) -> Sent:
        event = _event(target, token, body, method)
        return Sent(self._platform.name, what, event, target, body.content, kept=False)

    def _forged(self) -> Sent:
        body = self._bodies.sample()
        target, other = self._target(body.topic), CallbackTarget(self._platform.name, "other")
        good = KEY_RING.mint(target)
        token = self._chance.choice((KEY_RING.mint(other), good[:-1], good[::-1], "", f"{good}A"))
        return self._in_vain("forged", target, token, body)

    def _misdirected(self) -> Sent:
        """To a genuine URL by another method, or to none."""
        body = self._bodies.sample()
        target = self._target(body.topic)
        if self._chance.random() < 1 / 2:
            method = self._chance.choice(("GET", "PUT", "OPTIONS"))
            return self._in_vain(method, target, KEY_RING.mint(target), body, method)
        nowhere = CallbackTarget(self._platform.name, "-No-Store-", target.topic)
        return self._in_vain("nowhere", nowhere, KEY_RING.mint(target), body)

    def _off(self) -> Sent:
        """Of a topic that nobody asked for."""
        off = [name for name in self._platform.topics if self._bodies.is_off(name)]
        if not off:
            return self._forged()
        target = self._target(self._chance.choice(off))
        return self._in_vain("off", target, KEY_RING.mint(target), self._bodies.sample())

    def _target(self, topic: str) -> CallbackTarget:
        in_url = topic if self._platform.topic_in_url else None
        return CallbackTarget(self._platform.name, self._chance.choice(STORES), in_url)


def senders(chance: Random) -> dict[str, Sender]:
    """One for every platform that calls back."""
    return {name: Sender(platform, chance) for name, platform in platforms().items()}


def _event(target: CallbackTarget, token: str, body: Body, method: str = "POST") -> LambdaEvent:
    topic = {} if target.topic is None else {"topic": target.topic}
    in_route = "/{topic}" if topic else ""
    return http_api_event(
        method,
        f"ANY /{target.platform}/{{store}}{in_route}/{{token}}",
        {"store": target.store, **topic, "token": token},
        body.content,
        headers={"Content-Type": body.content_type},
        # What AWS makes of a text that is no UTF-8 is documented nowhere.
        base64=None if _is_text(body.content) else True,
    )


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
