"""A Cenit store's services for people and programs: method, URL, and what has to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks_cli.cenit_access import CenitAccess
    from commerce_hooks_cli.cenit_calls import ServiceCall
    from commerce_hooks_cli.console import Screen


def as_json(
    calls: Sequence[ServiceCall], store: str, base_url: str, access: CenitAccess
) -> list[dict[str, Any]]:
    """A list in which braces stand for what is different for every call."""
    key = {access.parameter: access.secret} if access.signed else {}
    return [
        {
            "platform": "cenit",
            "store": store,
            "topic": call.name,
            "method": call.method,
            "url": f"{base_url}/{store}/{call.path('{%s}')}",
            "query": list(call.query),
            "headers": access.headers,
            **key,
        }
        for call in calls
    ]


def show_services(
    screen: Screen, calls: Sequence[ServiceCall], store: str, base_url: str, access: CenitAccess
) -> None:
    screen.show_unwrapped(Text.assemble((f"{'connection':<12}", "dim"), f"{base_url}/{store}"))
    for name, value in access.headers.items():
        screen.show_unwrapped(Text.assemble((f"{'header':<12}", "dim"), f"{name}: {value}"))
    if access.signed:
        screen.show_unwrapped(Text.assemble((f"{access.parameter:<12}", "dim"), access.secret))
    table = Table("method", "path", "event", box=None, pad_edge=False, header_style="bold")
    for call in calls:
        query = "?" + "&".join(f"{name}={{{name}}}" for name in call.query) if call.query else ""
        none = Text("none yet: answered 501", "dim")
        event = Text(call.detail_type) if call.detail_type else none
        table.add_row(call.method, f"/{call.path('{%s}')}{query}", event)
    screen.show("")
    screen.show_uncut(table)
