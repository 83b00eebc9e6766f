"""The Ruby that Cenit runs for a store: it calls our services and reads our answers.

Each algorithm is a file of `cenit_ruby/`. A line such as `#= call create_order` stands for the
code of a call, which differs between calls with a token and signed ones (`try` is a call whose
failure the algorithm looks at itself); `#= window` stands for the file `_window.rb`.

Cenit's sandbox (github.com/cenit-io/cenit, `Capataz.config`) allows no definitions, no `new`, no
`raise`, and takes every call without a receiver for an algorithm: so each algorithm holds all
that it needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template
from textwrap import indent
from typing import TYPE_CHECKING

from commerce_hooks_cli.cenit_access import SIGNATURE_HEADER, TIMESTAMP_HEADER
from commerce_hooks_cli.cenit_calls import SERVICE_CALLS, ServiceCall

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_RUBY = Path(__file__).with_name("cenit_ruby")
# The first line is the signature, the comment after it the description.
_HEAD = re.compile(
    r"# (?P<name>\w+)\((?P<parameters>[\w, ]+)\)\n(?P<description>(?:# [^\n]*\n)+)(?P<code>.+)",
    re.DOTALL,
)
_CALL = re.compile(r"^(?P<indent> *)#= (?P<how>call|try) (?P<service>\w+)$", re.MULTILINE)
_PIECE = re.compile(r"^#= (?P<piece>\w+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Algorithm:
    """One algorithm. `services` are those it calls."""

    name: str
    parameters: tuple[str, ...]
    description: str
    code: str
    services: frozenset[str]


@dataclass(frozen=True)
class Composer:
    """Writes the algorithms of one store.

    Args:
        parameter: The template parameter that has the secret.
        path: What stands before `/<service>` in the path of every call.
    """

    signed: bool
    parameter: str
    path: str

    def algorithms(self, services: Collection[str]) -> list[Algorithm]:
        """All that need no other services than these, sorted by name."""
        found = (self._algorithm(path) for path in sorted(_RUBY.glob("do_*.rb")))
        return [algorithm for algorithm in found if algorithm.services <= set(services)]

    def _algorithm(self, path: Path) -> Algorithm:
        head = _HEAD.fullmatch(path.read_text(encoding="utf-8"))
        if head is None:
            raise ValueError(f"{path} does not begin with its signature and a comment")
        code = _CALL.sub(self._call, head["code"])
        code = _PIECE.sub(lambda found: _piece(found["piece"]), code)
        return Algorithm(
            name=head["name"],
            parameters=tuple(head["parameters"].split(", ")),
            description=" ".join(head["description"].replace("# ", "").split()),
            code=head["description"] + Template(code).substitute(parameter=self.parameter),
            services=frozenset(found["service"] for found in _CALL.finditer(head["code"])),
        )

    def _call(self, found: re.Match[str]) -> str:
        call = SERVICE_CALLS[found["service"]]
        pieces = "".join(self._pieces(call, checked=found["how"] == "call"))
        code = Template(pieces).substitute(
            service=call.name,
            id_name=call.id_name,
            method=call.method,
            path=self._path(call),
            query=_query(call),
            parameter=self.parameter,
            timestamp_header=TIMESTAMP_HEADER,
            signature_header=SIGNATURE_HEADER,
        )
        return indent(code, found["indent"]).removesuffix("\n")

    def _pieces(self, call: ServiceCall, *, checked: bool) -> Iterator[str]:
        if call.id_name:
            yield _piece("id")
        yield _piece("signed_submit" if self.signed else "submit")
        if checked:
            yield _piece("check")

    def _path(self, call: ServiceCall) -> str:
        """Ruby for the path as it is signed."""
        quote = '"' if call.id_name else "'"
        rest = call.path("#{values['%s']}")
        return f"{quote}{self.path}/{rest}{quote}"


def _query(call: ServiceCall) -> str:
    """Ruby for the query as it is signed: RFC 3986's encoding, of which forms differ a little."""
    if not call.query:
        return "''"
    pairs = ", ".join(f"['{name}', values['{name}']]" for name in call.query)
    like_rfc_3986 = ".gsub('+', '%20').gsub('*', '%2A').gsub('%7E', '~')"
    return f"URI.encode_www_form([{pairs}]){like_rfc_3986}"


def _piece(name: str) -> str:
    return (_RUBY / f"_{name}.rb").read_text(encoding="utf-8")
