"""The XML of an image request: one URL, and nothing of what makes XML dangerous."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cenit.image_requests import MAX_URL, image_url
from commerce_hooks.errors import QuarantineError, Reason

URL = "https://images.example.com/a.jpg"


def request(url: str) -> str:
    return f"<Request><Image><Url>{url}</Url></Image></Request>"


@pytest.mark.parametrize(
    ("payload", "url"),
    [
        (request(URL), URL),
        (request("http://images.example.com"), "http://images.example.com"),
        (request("HTTPS://images.example.com:8443?a=1#b"), "HTTPS://images.example.com:8443?a=1#b"),
        (request("https://תמונות.example/א.jpg"), "https://תמונות.example/א.jpg"),
        (request(f"\n  {URL}\n"), URL),
        (request(f"{URL}?of=a@b"), f"{URL}?of=a@b"),
        (request(f"{URL}?a=1&amp;b=&#50;"), f"{URL}?a=1&b=2"),
        (request(f"<![CDATA[{URL}?a=1&b=2]]>"), f"{URL}?a=1&b=2"),
        (request(f"https://images<!-- - -->.example.com/{'a' * 1000}"),
         f"https://images.example.com/{'a' * 1000}"),
        (f'<?xml version="1.0" encoding="UTF-8"?>\n{request(URL)}\n<!-- end -->', URL),
        (f'<?xml version="1.0" encoding="UTF-16"?>{request(URL)}', URL),
        (f"<Request a='1'><Size/><Image><Size/><Url b='2'>{URL}</Url></Image></Request>", URL),
    ],
)  # fmt: skip
def test_the_url_is_read(payload: str, url: str) -> None:
    assert image_url(payload) == url


ENTITIES = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise("abcdefghi")
)
REFUSED = {
    "a document type": (f"<!DOCTYPE Request>{request(URL)}", "xml_document_type"),
    "an entity": (f'<!DOCTYPE r [<!ENTITY u "{URL}">]>{request("&u;")}', "xml_document_type"),
    "a billion laughs": (f"{ENTITIES}]>{request('&i;')}", "xml_document_type"),
    "a file": (
        f'<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>{request("&f;")}',
        "xml_document_type",
    ),
    "a foreign document type": (
        f'<!DOCTYPE r SYSTEM "https://attacker.example/x.dtd">{request(URL)}',
        "xml_document_type",
    ),
    "an unknown entity": (request("&nobody;"), "not_xml"),
    "no XML": ("https://images.example.com/a.jpg", "not_xml"),
    "JSON": ('{"Url": "https://images.example.com"}', "not_xml"),
    "cut short": ("<Request><Image><Url>https://a.example", "not_xml"),
    "two roots": (request(URL) * 2, "not_xml"),
    "text behind": (f"{request(URL)}x", "not_xml"),
    "a null byte": (request("https://a.example/\x00"), "not_xml"),
    "a reference to a null byte": (request("https://a.example/&#0;"), "not_xml"),
    "a lone surrogate": (request("https://a.example/\ud800"), "not_xml"),
    "crossed tags": ("<Request><Image></Request></Image>", "not_xml"),
    "an attribute twice": ("<Request a='1' a='2'/>", "not_xml"),
    "no image": ("<Request/>", "image_url_missing"),
    "another root": (f"<request><Image><Url>{URL}</Url></Image></request>", "image_url_missing"),
    "a namespace's prefix": (f"<a:Request xmlns:a='b'>{URL}</a:Request>", "image_url_missing"),
    "a URL elsewhere": (f"<Request><Url>{URL}</Url></Request>", "image_url_missing"),
    "two URLs": (f"<Request><Image><Url>{URL}</Url><Url>{URL}</Url></Image></Request>",
                 "image_url_repeated"),
    "two images": (f"<Request><Image><Url>{URL}</Url></Image><Image><Url/></Image></Request>",
                   "image_url_repeated"),
    "too deep": ("<a>" * 10_000, "too_deep"),
    "an empty URL": (request(""), "image_url"),
    "a URL in an element": (request(f"<b>{URL}</b>"), "image_url"),
    "an element beside the URL": (request(f"{URL}<b/>"), "image_url"),
    "an element within the URL": (request(f"https://a.example/<b>x</b>{'a' * 9}"), "image_url"),
    "a name and a password": (request("https://user:pass@a.example/"), "image_url"),
    "another host's name in front": (request("https://shop.example@a.example/"), "image_url"),
    "a card's number": (request("https://a.example/?of=4111-1111-1111-1111"), "forbidden"),
    "a card, escaped": (request("https://a.example/?of=&#52;111111111111111"), "forbidden"),
    "a national id": (request("https://a.example/?of=12.345.678-5"), "forbidden"),
    "a script": (request("javascript:alert(1)"), "image_url"),
    "a file's URL": (request("file:///etc/passwd"), "image_url"),
    "a URL without a scheme": (request("//images.example.com/a.jpg"), "image_url"),
    "a URL without a host": (request("https:///a.jpg"), "image_url"),
    "a line break in the URL": (request("https://a.example/\nX-Forged: 1"), "image_url"),
    "a space in the URL": (request("https://a.example/a b"), "image_url"),
    "an invisible character": (request("https://a.example/\u202egpj.a"), "image_url"),
    "a backslash": (request("https://a.example\\@b.example"), "image_url"),
    "a tag in the URL": (request("https://a.example/&lt;script&gt;"), "image_url"),
    "a long URL": (request("https://a.example/" + "a" * MAX_URL), "image_url"),
}  # fmt: skip


@pytest.mark.parametrize(("payload", "kind"), REFUSED.values(), ids=REFUSED.keys())
def test_anything_else_is_refused_without_being_quoted(payload: str, kind: str) -> None:
    with pytest.raises(QuarantineError) as refused:
        image_url(payload)

    assert refused.value.reason is Reason.INVALID
    assert [(problem.loc, problem.type) for problem in refused.value.problems] == [
        (("payload",), kind)
    ]
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_the_longest_url_is_read() -> None:
    url = "https://a.example/".ljust(MAX_URL, "a")

    assert image_url(request(url)) == url


@given(st.text() | st.text().map(request) | st.text("<>/&;!?[]'\" UrlImageRequest="))
def test_no_text_raises_anything_but_a_refusal(payload: str) -> None:
    try:
        url = image_url(payload)
    except QuarantineError as refused:
        assert [problem.loc for problem in refused.problems] == [("payload",)]
    else:
        assert url.lower().startswith(("http://", "https://"))
