"""A sheet for the owner of an iSET shop: which URL goes into which field of the panel.

It is HTML with nothing from elsewhere, to be opened in a browser or printed, and in Portuguese,
as the panel is. It holds the URLs, so it is a secret.
"""

from __future__ import annotations

from html import escape
from itertools import groupby
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from commerce_hooks_cli.iset_panel import ADD, MENU, PANEL_FIELDS, SAVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks_cli.callbacks import CallbackUrl

_PAGE = Path(__file__).with_name("iset_sheet.html")
_NOT_HTTPS = """\
<section class="warning">
<h2>Atenção: endereços sem https</h2>
<p>Estes endereços não começam com <b>https://</b>. Servem somente para testes, porque os dados
da loja passariam pela rede sem proteção.</p>
</section>
"""


def sheet(store: str, urls: Sequence[CallbackUrl], *, https: bool) -> str:
    """The page for one shop's URLs, of which each has its topic."""
    places = [(PANEL_FIELDS[url.topic or ""], url) for url in urls]
    groups = groupby(places, key=lambda place: place[0].group)
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        store=escape(store),
        menu=escape(MENU),
        add=escape(ADD),
        save=escape(SAVE),
        warning="" if https else _NOT_HTTPS,
        groups="\n".join(
            _group(title, [(place.field, url.url) for place, url in members])
            for title, members in groups
        ),
    )


def _group(title: str, fields: Sequence[tuple[str, str]]) -> str:
    rows = "\n".join(
        f'<div class="field"><h3><span class="box"></span>{escape(label)}</h3>\n'
        f'<code class="url" translate="no">{escape(url)}</code></div>'
        for label, url in fields
    )
    return f"<section>\n<h2>{escape(title)}</h2>\n{rows}\n</section>"
