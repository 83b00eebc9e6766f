"""Topics that we don't know or that are none, in the URL or in the body."""

from collections.abc import Iterator

from commerce_hooks.decoding import JsonValue
from commerce_hooks.platform import Platform
from support.probes.probe import (
    CANARY,
    INVALID,
    UNRECOGNIZED,
    Genuine,
    Make,
    Probe,
    Request,
    as_json,
    at,
)

_WORDS = {
    "another word": "on_something_new",
    "a prototype": "constructor",
    "a word of ours": "callback-quarantined",
    "one character": "a",
    "63 characters": "a" * 63,
    "hyphens": "a--",
    "digits": "0",
}
_TEXTS: dict[str, JsonValue] = {
    **_WORDS,
    "capitals": "ON_SOMETHING_NEW",
    "64 characters": "a" * 64,
    "a megabyte": "a" * 1_000_000,
    "a blank": " ",
    "a line break": f"on\n{CANARY}",
    "a forged log line": f'x\n{{"level":"INFO","message":"callback","topic":"{CANARY}"}}',
    "ANSI escapes": f"\x1b[31m{CANARY}",
    "a null": "on\x00save",
    "a way up": "../../order",
    "our detail-type": "order.saved",
    "our source": "commerce-hooks.system",
    "AWS's source": "aws.events",
    "a prototype": "__proto__",
    "Cyrillic letters": "\u043en_order_save",
    "direction": "\u202eevas_redro_no",
    "a lookup": "${jndi:ldap://host.example/a}",
    "emoji": "\U0001f4a5",
    "no character": "\uffff",
}
_NO_TEXTS: dict[str, JsonValue] = {
    "null": None,
    "nothing": "",
    "a number": 1,
    "true": True,
    "a list": ["on_order_save"],
    "an object": {"topic": "on_order_save"},
}


def topic_probes(platform: Platform) -> Iterator[Probe]:
    field = platform.topic_field
    if field is None:
        for name, word in _WORDS.items():
            yield Probe("unknown topic in the URL", name, _to_topic(word), UNRECOGNIZED)
        return
    first = next(iter(platform.topics))
    spelt = {"in capitals": first.upper(), "and a blank": f"{first} ", "and a line": f"{first}\n"}
    for name, text in {**_TEXTS, **spelt}.items():
        yield Probe("unknown topic in the body", name, at((field,), text), UNRECOGNIZED)
    for name, value in _NO_TEXTS.items():
        yield Probe("no topic in the body", name, at((field,), value), INVALID)
    yield Probe("no topic in the body", "no field", _without(field), INVALID)


def _to_topic(topic: str) -> Make:
    def make(genuine: Genuine) -> Request:
        token = genuine.mint(genuine.target_of(topic))
        body = genuine.with_data({"note": CANARY})
        return genuine.post(path=genuine.path(topic=topic, token=token), body=body)

    return make


def _without(field: str) -> Make:
    return lambda g: g.post(body=as_json({k: v for k, v in g.tree.items() if k != field}))
