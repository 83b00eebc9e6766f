"""Stores on the screen and as JSON: never a credential, and no callback URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.console import plain
from commerce_hooks_cli.store_plan import Action
from commerce_hooks_cli.tables import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_hooks.platform_access import Checked, Finding
    from commerce_hooks.stores import StoreConfiguration, StoreId
    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.store_plan import Change, Difference

_STYLES = {
    Action.CREATE: "green",
    Action.CHANGE: "yellow",
    Action.KEEP: "dim",
    Action.UNNAMED: "dim",
}
_UNREADABLE = "its configuration cannot be read"


def as_json(store: StoreId, configuration: StoreConfiguration | None) -> dict[str, Any]:
    about = {"platform": store.platform, "store": store.name}
    if configuration is None:
        return {**about, "error": _UNREADABLE}
    return {**about, **configuration.model_dump(mode="json")}


def table_of(stores: Mapping[StoreId, StoreConfiguration | None]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("store", "label", "environment", "policy", "added"):
        table.add_column(title)
    for store, configuration in stores.items():
        if configuration is None:
            table.add_row(str(store), Text(_UNREADABLE, "red"))
            continue
        table.add_row(
            str(store),
            plain(configuration.label) or "-",
            configuration.environment,
            configuration.policy,
            Text(configuration.added_at[:10], "dim"),
        )
    return table


def show_facts(screen: Screen, facts: Mapping[str, str]) -> None:
    for name, fact in facts.items():
        screen.show_unwrapped(Text.assemble((f"{name:<16}", "dim"), plain(fact)))


def facts_of(configuration: StoreConfiguration | None) -> dict[str, str]:
    """For `show_facts`."""
    if configuration is None:
        return {"configuration": _UNREADABLE}
    topics = configuration.topics
    hours = configuration.silence_hours
    return {
        "label": configuration.label or "-",
        "environment": configuration.environment,
        "policy": configuration.policy,
        "topics": "all but mostly personal ones" if topics is None else ", ".join(topics) or "none",
        "silence": f"told of after {hours} hours" if hours else "never told of",
        "expected topics": ", ".join(configuration.expected_topics) or "-",
        "added": configuration.added_at,
    }


def checked_as_json(checked: Checked) -> dict[str, Any]:
    return {
        "ok": not checked.findings,
        "account": checked.account,
        "findings": [{"problem": one.problem, "ask": one.ask} for one in checked.findings],
    }


def show_checked(screen: Screen, store: StoreId, checked: Checked) -> None:
    """Whether the platform let us do what we need, and the words for its support."""
    account = f" (account {plain(checked.account)})" if checked.account else ""
    mark = Table.grid(padding=(0, 1))
    said = "the platform lets us in" if not checked.findings else "not as it has to be"
    mark.add_row(Mark(good=not checked.findings), f"{store}: {said}{account}")
    screen.show(mark)
    for finding in checked.findings:
        _show_finding(screen, finding)


def _show_finding(screen: Screen, finding: Finding) -> None:
    screen.show(Text(f"  {plain(finding.problem)}"))
    if finding.ask:
        screen.show(Text("  To send to the platform's support:", "dim"))
        screen.show_unwrapped(Text(f"    {plain(finding.ask)}"))


def show_plan(screen: Screen, changes: Sequence[Change], *, prune: bool) -> None:
    """What is to be done about each store, field by field; those that stay only as a number."""
    for change in changes:
        if change.action is Action.KEEP:
            continue
        action = "remove" if prune and change.action is Action.UNNAMED else str(change.action)
        style = "red" if action == "remove" else _STYLES[change.action]
        screen.show(Text.assemble((f"{action:<16}", style), str(change.store)))
        if change.action is Action.CHANGE:
            for difference in change.differences:
                screen.show_unwrapped(Text(f"{'':<16}{in_words(difference)}", "dim"))


def in_words(difference: Difference) -> str:
    before = "-" if difference.before is None else plain(difference.before)
    after = "-" if difference.after is None else plain(difference.after)
    return f"{difference.what}: {before} -> {after}"


def change_as_json(change: Change) -> dict[str, Any]:
    return {
        "platform": change.store.platform,
        "store": change.store.name,
        "action": change.action.name.lower(),
        "differences": [
            {"what": one.what, "before": one.before, "after": one.after}
            for one in change.differences
        ],
    }
