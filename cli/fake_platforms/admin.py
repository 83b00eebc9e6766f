"""The admin side of a fake platform: what people do there, and what tests want to see.

All under `/_fake/`, JSON in and out, for whoever knows the secret that the platform was made with.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from hmac import compare_digest
from typing import Any

from fake_platforms.behaviour import Behaviour, Kind
from fake_platforms.deliveries import Delivery
from fake_platforms.messages import Answered, Asked, UnfitError
from fake_platforms.platform import FakePlatform
from fake_platforms.records import Record

ADMIN_PATH = "/_fake/"
SECRET_HEADER = "x-fake-admin"  # noqa: S105 - a name
_ONE_PATH = re.compile(rf"{ADMIN_PATH}webhooks/([0-9A-Za-z]{{1,64}})", re.ASCII)
_PRINTABLE = re.compile(r"[!-~]{1,2000}", re.ASCII)
_MOST = 1_000_000


class Admin:
    """Answers requests under `/_fake/`. None of them is counted, and none goes wrong by plan."""

    def __init__(self, platform: FakePlatform) -> None:
        self._platform = platform
        self._ways: Mapping[tuple[str, str], Callable[[Asked], Answered]] = {
            ("GET", "webhooks"): self._webhooks,
            ("POST", "webhooks"): self._register,
            ("GET", "deliveries"): self._log,
            ("POST", "deliveries"): self._fire,
            ("POST", "retries"): self._retry,
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): self._forget,
            ("GET", "behaviour"): self._planned,
            ("POST", "behaviour"): self._misbehave,
            ("DELETE", "behaviour"): self._lift,
        }

    def answer(self, asked: Asked) -> Answered:
        if not self._knows_secret(asked):
            return Answered.of({"error": f"the header {SECRET_HEADER} has to say the secret"}, 403)
        try:
            return self._answer(asked)
        except ValueError as error:
            return Answered.of({"error": str(error)}, 400)

    def _knows_secret(self, asked: Asked) -> bool:
        secret = self._platform.admin_secret
        told = asked.headers.get(SECRET_HEADER, "")
        return bool(secret) and compare_digest(told.encode(), str(secret).encode())

    def _answer(self, asked: Asked) -> Answered:
        one = _ONE_PATH.fullmatch(asked.path)
        if one and asked.method == "DELETE":
            return self._found(self._platform.records.remove(one.group(1)) or None)
        if one and asked.method == "PATCH":
            edited = self._platform.edit(one.group(1), asked.json())
            return self._found(edited and _shown(edited))
        way = self._ways.get((asked.method, asked.path.removeprefix(ADMIN_PATH)))
        return self._found(None) if way is None else way(asked)

    def _found(self, value: Any) -> Answered:
        return Answered.of({"error": "there is none such"}, 404) if value is None else _ok(value)

    def _webhooks(self, _: Asked) -> Answered:
        """All, of all shops, also those that are not active."""
        return _ok({"webhooks": [_shown(record) for record in self._platform.records.all()]})

    def _register(self, asked: Asked) -> Answered:
        told = asked.json()
        shop = self._platform.shop_named(told)
        if shop is None:
            raise UnfitError("a webhook belongs to a shop")
        return _ok(_shown(self._platform.register(shop, told)))

    def _fire(self, asked: Asked) -> Answered:
        return _made(self._platform.fire(asked.json()))

    def _log(self, _: Asked) -> Answered:
        return _made(self._platform.deliveries.log)

    def _retry(self, asked: Asked) -> Answered:
        """What is due; with `early`, all that waits."""
        deliveries = self._platform.deliveries
        early = asked.json().get("early") is True
        return _made(deliveries.retry_early() if early else deliveries.retry_due())

    def _requests(self, _: Asked) -> Answered:
        rows = self._platform.requests.rows()
        return _ok({"requests": [{**row._asdict(), "count": times} for row, times in rows]})

    def _forget(self, _: Asked) -> Answered:
        self._platform.requests.forget()
        return _ok(True)

    def _planned(self, _: Asked) -> Answered:
        return _ok({"behaviour": [asdict(each) for each in self._platform.plan.planned]})

    def _misbehave(self, asked: Asked) -> Answered:
        behaviour = behaviour_of(asked.json())
        self._platform.plan.add(behaviour)
        return _ok(asdict(behaviour))

    def _lift(self, _: Asked) -> Answered:
        self._platform.plan.lift()
        return _ok(True)


def behaviour_of(told: Mapping[str, Any]) -> Behaviour:
    """The behaviour that an object describes, with the fields of Behaviour.

    Raises:
        ValueError: It does not.
    """
    given = {name: value for name, value in told.items() if name != "kind"}
    for name, value in given.items():
        if name not in _FIT:
            raise UnfitError("there is no such field of a behaviour")
        if not _FIT[name](value):
            raise UnfitError(f"{name} is of the wrong type, or out of its range")
    return Behaviour(kind=Kind(told.get("kind", "")), **given)


def _is_number(value: Any, least: int = 0, most: int = _MOST) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_printable(value: Any) -> bool:
    return isinstance(value, str) and _PRINTABLE.fullmatch(value) is not None


def _is_seconds(value: Any) -> bool:
    return _is_number(value) or (isinstance(value, float) and 0 <= value <= _MOST)


_FIT: Mapping[str, Callable[[Any], bool]] = {
    "times": lambda value: value is None or _is_number(value, least=1),
    "method": lambda value: value is None or _is_printable(value),
    "route": lambda value: value is None or _is_printable(value),
    "shop": lambda value: value is None or _is_printable(value),
    "status": lambda value: _is_number(value, 200, 599),
    "retry_after": lambda value: value is None or _is_number(value),
    "seconds": _is_seconds,
    "records": _is_number,
    "location": _is_printable,  # it becomes a header
}


def _shown(record: Record) -> dict[str, Any]:
    """As the platform's API shows it, and what that does not tell."""
    return {**record.fields, "id": record.id, "shop": record.shop, "active": record.active}


def _made(deliveries: Sequence[Delivery]) -> Answered:
    return _ok({"deliveries": [asdict(each) for each in deliveries]})


def _ok(value: Any) -> Answered:
    return Answered.of(value)
