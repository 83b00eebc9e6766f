"""Ids that are none, at the place where the platform's first sample has its own.

The schema says where that is; if nowhere, no probe is made.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from commerce_hooks.decoding import JsonValue
from commerce_hooks.platform import Platform
from commerce_hooks.schemas.fields import Kind, described
from support.probes.probe import ACCEPTED, CANARY, INVALID, Probe, Right, at
from support.samples import sample

_NOBODYS: dict[str, JsonValue] = {
    "a way up": "../1",
    "a path": "1/2",
    "a query": "1?x=1",
    "a hash": "1#x",
    "an encoded slash": "1%2F2",
    "a line break behind": "1\n",
    "a line break before": "\n1",
    "a blank before": " 1",
    "a blank behind": "1 ",
    "a null": "1\x00",
    "a tab": "1\t",
    "SQL": "1 OR 1=1",
    "a shell": "1;id",
    "a lookup": "${jndi:ldap://host.example/1}",
    "a template": "{{1}}",
    "a wildcard": "*",
    "a log line": f'1\n{{"level":"INFO","note":"{CANARY}"}}',
    "ANSI escapes": f"\x1b[31m{CANARY}",
    "full-width digits": "\uff11\uff12",
    "Arabic digits": "\u0661\u0662",
    "superscript": "\u00b2",
    "zero-width space": "1\u200b2",
    "right-to-left override": "\u202e12",
    "a plus": "+1",
    "a minus": "-1",
    "a point": "1.0",
    "an exponent": "1e3",
    "underscores": "1_000",
    "commas": "1,000",
    "hexadecimal": "0x1F",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "null's name": "null",
    "a text of nothing": "",
    "20 digits": "1" * 20,
    "24 digits and a half": "1" * 24 + "½",
    "100,000 digits": "1" * 100_000,
    "a prototype": "__proto__",
    "true": True,
    "false": False,
    "null": None,
    "a list": [1],
    "an object": {"id": 1},
    "an operator": {"$gt": ""},
    "a fraction": 1.5,
    "a whole fraction": 1.0,
    "a large fraction": 1e18,
    "negative": -1,
    "minus zero point": -0.0,
}
_NUMBERS: dict[str, tuple[JsonValue, Right]] = {
    "zero": (0, ACCEPTED),
    "digits": ("12", ACCEPTED),
    "leading zeros": ("0012", ACCEPTED),
    "the largest": (2**63 - 1, ACCEPTED),
    "19 digits": ("9" * 19, ACCEPTED),
    "letters": ("abc", INVALID),
    "24 hexadecimal digits": ("66e01c4f1746bf5a700000a1", INVALID),
}
_OBJECT_IDS: dict[str, tuple[JsonValue, Right]] = {
    "a number": (1, INVALID),
    "digits": ("12", INVALID),
    "24 digits": ("1" * 24, ACCEPTED),
    "capitals": ("66E01C4F1746BF5A700000A1", INVALID),
    "23 characters": ("a" * 23, INVALID),
    "25 characters": ("a" * 25, INVALID),
    "24 characters and a line break": ("a" * 24 + "\n", INVALID),
    "another letter": ("g" * 24, INVALID),
    "Cyrillic letters": ("\u0430" * 24, INVALID),
}


def numeric_id_probes(platform: Platform) -> Iterator[Probe]:
    yield from _id_probes(platform, Kind.NUMBER, _NUMBERS)


def object_id_probes(platform: Platform) -> Iterator[Probe]:
    """For ids of 24 hexadecimal digits: what other texts may be is for their platform to say."""
    yield from _id_probes(platform, Kind.TEXT, _OBJECT_IDS)


def _id_probes(
    platform: Platform, kind: Kind, more: Mapping[str, tuple[JsonValue, Right]]
) -> Iterator[Probe]:
    topic = next(iter(platform.topics.values()))
    body = json.loads(sample(platform.name, topic.name).body)
    values = {**{name: (value, INVALID) for name, value in _NOBODYS.items()}, **more}
    for place in _id_places(topic.schema, body, kind):
        for name, (value, right) in values.items():
            yield Probe(f"id {'.'.join(place)}", name, at(place, value), right)


def _id_places(
    schema: type[BaseModel], body: Any, kind: Kind, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Where the sample has an id that the schema insists on."""
    insisted = {f.alias or name for name, f in schema.model_fields.items() if f.is_required()}
    for name, field in described(schema).items():
        place = (*above, name)
        if field.is_id and field.kind is kind and name in insisted:
            yield place
        elif field.record and isinstance(body.get(name), dict):
            yield from _id_places(field.record, body[name], kind, place)
