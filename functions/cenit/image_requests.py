"""The XML in which Cenit's example names an image.

It is `<Request><Image><Url>https://...</Url></Image></Request>`. Read with expat alone, and
without what makes XML dangerous: a document type, and with it every entity, is refused.
"""

import re
from collections.abc import Mapping
from typing import NoReturn
from xml.parsers.expat import ExpatError, ParserCreate

from commerce_hooks.errors import Problem, QuarantineError, Reason
from commerce_hooks.forbidden_numbers import without_numbers

MAX_URL = 2048
_PATH_TO_URL = ["Request", "Image", "Url"]
_MAX_DEPTH = 16
# Only what a URL cannot be without, and no password, nor another host's name in its place;
# where it leads is for the consumer to judge.
_URL = re.compile(r"https?://[^\s/?#<>\"\\@]+([/?#][^\s<>\"\\]*)?", re.IGNORECASE)


def image_url(payload: str) -> str:
    """The one URL in the request.

    Raises:
        QuarantineError: There is none, or more than one, or it is no http(s) URL of at most
            2,048 characters, or holds what has to be removed from events; or the XML is
            broken, or has a document type.
    """
    urls = _Reader().urls(payload)
    if len(urls) != 1:
        raise _invalid("image_url_missing" if not urls else "image_url_repeated")
    url = urls[0].strip()
    if len(url) > MAX_URL or not url.isprintable() or not _URL.fullmatch(url):
        raise _invalid("image_url")
    if without_numbers(url) != url:
        # What Cenit is told and what the event says must be the same.
        raise _invalid("forbidden")
    return url


class _Reader:
    """Collects the text of every element at the path to the URL."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._urls: list[str] = []

    def urls(self, payload: str) -> list[str]:
        # Said here, an encoding in the XML's first line counts for nothing.
        parser = ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(payload.encode(), True)  # noqa: FBT003 - expat's own interface
        except (ExpatError, UnicodeEncodeError):
            # `from None`: expat's message has the place, and its traceback the text.
            raise _invalid("not_xml") from None
        return self._urls

    def _doctype(self, *_: object) -> NoReturn:
        raise _invalid("xml_document_type")

    def _start(self, name: str, _: Mapping[str, str]) -> None:
        if self._open == _PATH_TO_URL:
            raise _invalid("image_url")
        self._open.append(name)
        if len(self._open) > _MAX_DEPTH:
            raise _invalid("too_deep")
        if self._open == _PATH_TO_URL:
            self._urls.append("")

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open == _PATH_TO_URL:
            self._urls[-1] += text


def _invalid(kind: str) -> QuarantineError:
    return QuarantineError(Reason.INVALID, (Problem(("payload",), kind),))
