"""What `subscriptions status` shows: topics where they fit one screen, else a row per store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from commerce_hooks.callback import iso_utc
from commerce_hooks_cli.console import plain
from commerce_hooks_cli.moments import ago
from commerce_hooks_cli.subscription_desk import subscriptions_command
from commerce_hooks_cli.subscription_words import what, what_to_do
from commerce_hooks_cli.tables import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.subscription_desk import SubscriptionDesk
    from commerce_hooks_cli.subscription_status import Standing, TopicStanding

_ROWS = 20
"""More lines would not fit one screen."""


def show(screen: Screen, desk: SubscriptionDesk, found: Sequence[Standing], now: datetime) -> None:
    if not found:
        screen.show("There is no store whose platform can be asked.")
        return
    if len(found) == 1 or sum(1 + len(one.topics) for one in found) <= _ROWS:
        for one in found:
            _show_closely(screen, desk, one, now)
        return
    screen.show_uncut(_overview(found, now))
    more = subscriptions_command("status PLATFORM STORE", desk.stack)
    screen.show("", Text(f"`{more}` shows the topics of one.", "dim"))


def _show_closely(screen: Screen, desk: SubscriptionDesk, one: Standing, now: datetime) -> None:
    style = "red" if one.is_wrong else ""
    heading = Text.assemble((str(one.store), "bold"), "  ", (plain(_state(one, now)), style))
    screen.show_unwrapped(heading.append(f"  {_when(one, now)}", "dim"))
    if one.topics:
        screen.show_uncut(_topics_table(one, now))
    for line in _todo(desk, one):
        screen.show_unwrapped(line)


def _state(one: Standing, now: datetime) -> str:
    if one.off is not None:
        return f"left alone: {one.off}"
    since = one.record.wrong_since if one.record else None
    if one.problem is None:
        return "as desired"
    return f"{one.problem}, since {ago(since, now)}" if since else one.problem


def _when(one: Standing, now: datetime) -> str:
    record, parts = one.record, list[str]()
    if one.configuration is not None and one.off is None:
        parts.append(f"policy {one.configuration.policy}")
    if record is not None and one.off is None:
        parts.append(f"looked at {_ago(record.listed_at, now)}")
        parts.append(f"changed {_ago(record.changed_at, now)}")
    return ", ".join(parts)


def _ago(moment: datetime | None, now: datetime) -> str:
    return f"{ago(moment, now)} ago" if moment else "never"


def _topics_table(one: Standing, now: datetime) -> Table:
    table = _table("", "topic", "id", "key", "last callback", "remarks")
    for topic in one.topics:
        table.add_row(*_topic_cells(topic, now))
    return table


def _topic_cells(one: TopicStanding, now: datetime) -> Iterator[Any]:
    line = one.line
    yield Mark(good=line.is_right)
    yield plain(one.topic or "all")
    yield plain(line.id or "-")
    yield line.key_id or "-"
    yield f"{ago(one.last.received_at, now)} ago" if one.last else "-"
    yield Text("" if line.is_right else f"{line.action}: {what(line.reason)}", "yellow")


def _todo(desk: SubscriptionDesk, one: Standing) -> Iterator[Text]:
    conflicts = dict.fromkeys(topic.line for topic in one.topics if not topic.line.is_right)
    told = [what_to_do(desk, one.store, line.reason, line.id, line.slot) for line in conflicts]
    yield from (Text(f"  {plain(text)}", "dim") for text in dict.fromkeys(filter(None, told)))
    if one.is_wrong and not any(told):
        plan = desk.command("plan", one.store)
        yield Text(f"  `{plan}` looks anew, and says what would be done.", "dim")


def _overview(found: Sequence[Standing], now: datetime) -> Table:
    table = _table("", "store", "policy", "right", "looked at", "changed", "remarks")
    for one in found:
        record = one.record if one.off is None else None
        right = sum(topic.line.is_right for topic in one.topics)
        state = _state(one, now)
        table.add_row(
            Mark(good=not one.is_wrong),
            str(one.store),
            one.configuration.policy if one.configuration else "-",
            f"{right}/{len(one.topics)}" if one.topics else "-",
            ago(record.listed_at, now) if record and record.listed_at else "-",
            ago(record.changed_at, now) if record and record.changed_at else "-",
            Text(plain(state), "yellow" if one.problem else "dim"),
        )
    return table


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        # Columns of single words are never cut by `show_uncut`; it is the others that wrap.
        table.add_column(title, no_wrap=title not in {"last callback", "looked at", "remarks"})
    return table


def standing_as_json(one: Standing) -> dict[str, Any]:
    record = one.record
    return {
        "platform": one.store.platform,
        "store": one.store.name,
        "policy": one.configuration.policy if one.configuration else None,
        "why_off": one.off,
        "looked_at": record is not None,
        "wrong": one.is_wrong,
        "problem": one.problem,
        "outcome": record.outcome if record else None,
        "cause": record.cause if record else None,
        "account": record.account if record else None,
        "ran_at": _iso(record.ran_at if record else None),
        "verified_at": _iso(record.listed_at if record else None),
        "changed_at": _iso(record.changed_at if record else None),
        "wrong_since": _iso(record.wrong_since if record else None),
        "topics": [_topic_as_json(topic) for topic in one.topics],
    }


def _topic_as_json(one: TopicStanding) -> dict[str, Any]:
    line = one.line
    return {
        "topic": one.topic,
        "id": line.id,
        "key_id": line.key_id,
        "base_url": line.base_url,
        "action": line.action,
        "reason": line.reason,
        "last_callback": _iso(one.last.received_at if one.last else None),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso_utc(moment)
