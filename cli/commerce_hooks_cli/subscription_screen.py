"""Plans of subscriptions, and what became of them, on the screen and as JSON: no callback URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from commerce_hooks.subscriptions.planning import CHANGES, Action
from commerce_hooks_cli.console import plain
from commerce_hooks_cli.subscription_words import topic_words, what, what_to_do

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from commerce_hooks.stores import StoreId
    from commerce_hooks.subscriptions.looking import Look
    from commerce_hooks.subscriptions.planning import Change, Difference
    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.errors import CommandError
    from commerce_hooks_cli.subscription_applying import Applied
    from commerce_hooks_cli.subscription_desk import SubscriptionDesk
    from commerce_hooks_cli.subscription_looking import Looked

_STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.DELETE: "red",
    Action.CONFLICT: "magenta",
}
_DONE = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}
_WIDTH = 10


def show_plans(screen: Screen, desk: SubscriptionDesk, found: Sequence[Looked]) -> None:
    """A line for a store where all is well; else what would change, and what is in the way."""
    for one in found:
        for line in _plan_lines(desk, one):
            screen.show_unwrapped(line)


def show_applied(screen: Screen, desk: SubscriptionDesk, applied: Applied) -> None:
    for line in _applied_lines(desk, applied):
        screen.show_unwrapped(line)


def _plan_lines(desk: SubscriptionDesk, one: Looked) -> Iterator[Text]:
    if one.off is not None:
        yield _heading(one.store, f"left alone: {one.off}", "dim")
    elif one.problem is not None:
        yield _heading(one.store, "could not be looked at", "red")
        yield from _problem(one.problem)
    elif one.look is not None:
        yield _heading(one.store, f"{_counts(one.look)}; policy {one.policy}", "")
        yield from _entries(desk, one.store, one.look)
        if one.changes and one.policy == "plan":
            upsert = desk.command("apply", one.store, "--policy upsert")
            yield _indented(f"By its policy that is only planned. `{upsert}` does it once.")


def _entries(desk: SubscriptionDesk, store: StoreId, look: Look) -> Iterator[Text]:
    for change in look.plan.entries:
        if change.action not in CHANGES | {Action.CONFLICT}:
            continue
        yield _line(change.action.value, _STYLES[change.action], change)
        for difference in change.differences:
            yield _indented(f"{'':<{_WIDTH}}{_difference(difference)}")
        if change.action is Action.CONFLICT:
            todo = what_to_do(desk, store, change.reason, change.id, change.slot)
            yield _indented(f"{'':<{_WIDTH}}{todo}")


def _applied_lines(desk: SubscriptionDesk, applied: Applied) -> Iterator[Text]:
    yield _heading(applied.store, applied.in_words, "red" if applied.failed else "")
    report = applied.report
    for change in report.done if report else ():
        yield _line(_DONE[change.action], _STYLES[change.action], change, _why(change))
    for change, error in report.failed if report else ():
        yield _line("failed", "red", change, f"to {change.action.value}: {error}")
    if applied.problem is not None:
        yield from _problem(applied.problem)
    for change in report.wrong if report else ():
        yield _line("left", "yellow", change)
        todo = what_to_do(desk, applied.store, change.reason, change.id, change.slot)
        if change.action is Action.CONFLICT and todo:
            yield _indented(f"{'':<{_WIDTH}}{todo}")


def _heading(store: StoreId, text: str, style: str) -> Text:
    return Text.assemble((str(store), "bold"), "  ", (plain(text), style))


def _why(change: Change) -> str:
    """Why something was done; nothing of what is clear by itself."""
    if change.action is Action.CREATE:
        return ""
    return ", ".join(map(_difference, change.differences)) or what(change.reason)


def _line(word: str, style: str, change: Change, why: str | None = None) -> Text:
    named = f"{topic_words(change.slot)} (id {change.id})" if change.id else ""
    reason = what(change.reason) if why is None else why
    about = ": ".join(filter(None, (named or topic_words(change.slot), reason)))
    return Text.assemble("  ", (f"{word:<{_WIDTH}}", style), plain(about))


def _problem(problem: CommandError) -> Iterator[Text]:
    yield _indented(problem.message)
    if problem.hint:
        yield _indented(problem.hint)


def _indented(text: str) -> Text:
    return Text(f"  {plain(text)}", "dim")


def _difference(one: Difference) -> str:
    return f"{one.field}: {one.existing or '-'} -> {one.desired or '-'}"


def _counts(look: Look) -> str:
    plan = look.plan
    changes, conflicts, kept = len(plan.changes), len(plan.conflicts), len(plan.of(Action.KEEP))
    others = len(plan.of(Action.FOREIGN))
    counts = {
        f"{changes} to change": changes,
        f"{conflicts} to look at": conflicts,
        f"{kept} as desired": kept or not (changes or conflicts),
        f"{others} of others": others,
    }
    return ", ".join(words for words, told in counts.items() if told)


def plan_as_json(desk: SubscriptionDesk, one: Looked) -> dict[str, Any]:
    entries = one.look.plan.entries if one.look else ()
    return {
        **_about(one.store),
        "policy": one.policy,
        "outcome": _outcome(one),
        "why_off": one.off,
        "problem": problem_as_json(one.problem),
        "account": one.look.account if one.look else None,
        "entries": [
            change_as_json(desk, one.store, each)
            for each in entries
            if each.action is not Action.FOREIGN
        ],
        "foreign": sum(each.action is Action.FOREIGN for each in entries),
    }


def _outcome(one: Looked) -> str:
    if one.off is not None:
        return "off"
    if one.problem is not None:
        return "failed"
    return "different" if one.wrong else "as_desired"


def applied_as_json(desk: SubscriptionDesk, one: Applied) -> dict[str, Any]:
    report = one.report
    return {
        **_about(one.store),
        "outcome": one.outcome,
        "problem": problem_as_json(one.problem),
        "done": [change_as_json(desk, one.store, each) for each in (report.done if report else ())],
        "failed": [
            {**change_as_json(desk, one.store, each), "problem": str(error)}
            for each, error in (report.failed if report else ())
        ],
        "left": [
            change_as_json(desk, one.store, each) for each in (report.wrong if report else ())
        ],
    }


def change_as_json(desk: SubscriptionDesk, store: StoreId, change: Change) -> dict[str, Any]:
    """What a plan says of a record. Its URL is a secret, and so is the desired one."""
    address = change.existing
    conflict = change.action is Action.CONFLICT
    return {
        "action": change.action.value,
        "reason": change.reason.value,
        "topic": change.slot,
        "id": change.id,
        "topics": sorted(change.topics),
        "base_url": address.base if address else None,
        "key_id": (address.key_id or None) if address else None,
        "generation": (address.generation or None) if address else None,
        "differences": [
            {"field": one.field, "existing": one.existing, "desired": one.desired}
            for one in change.differences
        ],
        "do": what_to_do(desk, store, change.reason, change.id, change.slot) if conflict else None,
    }


def problem_as_json(problem: CommandError | None) -> dict[str, str] | None:
    if problem is None:
        return None
    return {"message": problem.message, "hint": problem.hint}


def _about(store: StoreId) -> dict[str, str]:
    return {"platform": store.platform, "store": store.name}
