"""Bodies of callbacks, made by chance of the samples: each with a mark that its events carry."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import Any

from commerce_hooks.decoding import MAX_PARSED_BYTES
from commerce_hooks.events import MAX_EVENTS
from commerce_hooks.platform import Platform
from fault.account import REFUSED_CALL, REFUSED_ENTRY
from support.samples import Sample, callbacks

PERSONAL_TOPICS = frozenset({"konimbo/credit_guard_xml_created"})
"""Those that are on; `customer_logged_in` is off."""
JSON = "application/json"
_LETTERS = "abcdefghijklmnop"
_SMALL_BYTES = 20_000
_SIZES = (250_000, 320_000, 700_000, 930_000, 1_100_000, 1_600_000)
"""Over what consumers get inline, what a letter in the queue holds, the bus takes, we parse."""
_UNREADABLE = (
    b"",
    b"[]",
    b'{"a":',
    b'{"a":"\xff"}',
    b'{"a":1,"a":2}',
    b'{"a":99999999999999999999}',
)
_BULK = "order_created_bulk"
_FEW = (2, 12)


@dataclass(frozen=True, slots=True)
class Body:
    """A body, and what is to be found in its events.

    Args:
        what: For people.
        marks: Texts of which each has to be in an event of its own.
        bulky: It has so many parts that a job publishes them.
    """

    what: str
    topic: str
    content: bytes
    content_type: str = JSON
    marks: tuple[str, ...] = ()
    bulky: bool = False

    @property
    def is_spoiled(self) -> bool:
        """Whether the bus will never take something of it."""
        return any(word.encode() in self.content for word in (REFUSED_ENTRY, REFUSED_CALL))


class Bodies:
    """Makes bodies of one platform."""

    def __init__(self, platform: Platform, chance: Random) -> None:
        self._platform = platform
        self._chance = chance

    def any(self) -> Body:
        """Good and bad, small and large."""
        several = self.several if _BULK in self._platform.topics else self.sample
        makers = (self.sample, several, self._spoiled, self._unknown, self._large)
        return self._chance.choices(makers, (60, 12, 8, 5, 1.5))[0]()

    def sample(self) -> Body:
        return marked_sample(self._chance.choice(self._samples), mark_of(self._chance))

    def plain(self) -> Body:
        """An ordinary one, of one event."""
        name = next(iter(self._platform.topics))
        sample = next(one for one in self._samples if (one.topic, one.variant) == (name, None))
        return marked_sample(sample, mark_of(self._chance))

    def several(self) -> Body:
        return self.bulk(self._chance.randint(*_FEW))

    def bulk(self, parts: int) -> Body:
        """So many orders. Now and then one is invalid, or what the bus will never take."""
        mark = mark_of(self._chance)
        marks = [f"{mark}-{_letters(number)}." for number in range(parts)]
        orders: list[dict[str, Any]] = [
            {"id": number + 1, "store_id": 1234, "note": one} for number, one in enumerate(marks)
        ]
        spoiling = self._chance.choices(("", "invalid", REFUSED_ENTRY, REFUSED_CALL), (90, 4, 4, 2))
        if spoiling[0]:
            spoilt = self._chance.randrange(parts)
            del marks[spoilt]
            if spoiling[0] == "invalid":
                del orders[spoilt]["id"]
            else:
                orders[spoilt]["note"] = spoiling[0]
        content = json.dumps({"orders": orders}).encode()
        what = ", ".join(filter(None, (f"konimbo/bulk of {parts}", *spoiling)))
        return Body(what, _BULK, content, marks=tuple(marks), bulky=parts > MAX_EVENTS)

    def is_off(self, topic: str) -> bool:
        """Whether nobody asked for this topic, which is mostly personal."""
        known = self._platform.topics.get(topic)
        name = f"{self._platform.name}/{topic}"
        return bool(known and known.mostly_personal and name not in PERSONAL_TOPICS)

    @cached_property
    def _samples(self) -> Sequence[Sample]:
        all_ = callbacks(self._platform.name)
        small = (sample for sample in all_ if len(sample.body) < _SMALL_BYTES)
        return tuple(sample for sample in small if not self.is_off(sample.topic))

    def _spoiled(self) -> Body:
        """Unreadable, or with a word in it that the bus refuses."""
        body = self.sample()
        if body.content_type == JSON and body.marks and self._chance.random() < 1 / 2:
            word = self._chance.choice((REFUSED_ENTRY, REFUSED_CALL))
            content = body.content.replace(body.marks[0].encode(), word.encode())
            return replace(body, what=f"{body.what}, {word}", content=content, marks=())
        cut = body.content[:-1] if body.content_type == JSON else body.content + b"&%FF"
        raw = self._chance.choice((cut, cut, cut, *_UNREADABLE))
        return replace(body, what=f"{body.what}, unreadable", content=raw, marks=())

    def _unknown(self) -> Body:
        """Of a topic that we don't know."""
        mark = mark_of(self._chance)
        name = self._chance.choice(("order_beamed_up", "warehouse-moved"))
        named = {self._platform.topic_field: name} if self._platform.topic_field else {}
        content = json.dumps({**named, "note": mark}).encode()
        return Body(f"{self._platform.name}/unknown topic", name, content, marks=(mark,))

    def _large(self) -> Body:
        body, size = self.plain(), self._chance.choice(_SIZES)
        mark = body.marks[0].encode()
        content = body.content.replace(mark, mark + b" " + b"x" * size)
        # Of what is too big to parse nothing is read, so there is no event.
        marks = body.marks if len(content) <= MAX_PARSED_BYTES else ()
        what = f"{body.what} of {size} bytes"
        return replace(body, what=what, content=content, marks=marks)


def mark_of(chance: Random) -> str:
    """A text that is found again."""
    return f"mk-{_letters(chance.getrandbits(60))}"


def marked_sample(sample: Sample, mark: str) -> Body:
    """The sample with the mark in it, where its event can carry one."""
    body = Body(str(sample), sample.topic, sample.body, sample.content_type)
    becomes_one = sample.expected.outcome != "quarantined" and sample.expected.events == 1
    # Of payment responses only certain fields go out.
    if not becomes_one or sample.topic == "credit_guard_xml_created":
        return body
    content = _with_field(sample, mark) if sample.is_form else _with_member(sample, mark)
    return replace(body, content=content, marks=(mark,))


def _with_member(sample: Sample, mark: str) -> bytes:
    body: dict[str, Any] = json.loads(sample.body)
    records = [record for record in body.values() if isinstance(record, dict)]
    place = records[0] if sample.platform == "konimbo" and len(records) == 1 else body
    place["note"] = mark
    return json.dumps(body).encode()


def _with_field(sample: Sample, mark: str) -> bytes:
    record = sample.body.partition(b"%5B")[0]
    return sample.body + b"&" + record + b"%5Bnote%5D=" + mark.encode()


def _letters(number: int) -> str:
    """A number without digits: those of a mark must never look like a card's."""
    return "".join(_LETTERS[int(digit, 16)] for digit in f"{number:x}")
