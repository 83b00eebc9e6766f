"""What `keys status` says: which keys there are, who uses them, and what has to change where."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from commerce_hooks.callback import iso_utc
from commerce_hooks_cli.console import plain
from commerce_hooks_cli.key_records import NOTHING_KNOWN
from commerce_hooks_cli.key_rules import obstacles
from commerce_hooks_cli.key_uses import Source
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.tables import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.key_rules import Facts, Obstacle
    from commerce_hooks_cli.key_uses import StoreUse

_SAYS_WHERE = {
    "cenit": "give the template parameter at Cenit the value of",
    "iset": "in the shop's panel, replace the URLs by those of",
}
_SUBSCRIPTIONS = "replace the URLs of its subscriptions by those of"
_KNOWN_BY = {
    Source.PLATFORM: "read back at the platform",
    Source.OPERATOR: "confirmed",
    Source.CALLBACKS: "seen in callbacks, not confirmed",
    Source.NOBODY: "not known",
    Source.NO_ANSWER: "the platform did not tell",
    Source.DISABLED: "disabled: all is refused",
}


def moment(at: datetime | None) -> str:
    """To the minute, in UTC."""
    return "an unknown time" if at is None else at.strftime("%Y-%m-%d %H:%M UTC")


def verb(words: str, stack: str | None) -> str:
    """A call of the command as it can be typed."""
    return f"`{command_to_type()} {words}{f' --stack {stack}' if stack else ''}`"


def as_json(facts: Facts, stack: str | None) -> dict[str, Any]:
    left = facts.left
    return {
        "settled": facts.settled,
        "signs": facts.ring.sign,
        "pending": facts.pending,
        "malformed": list(facts.ring.malformed),
        "keys": [_key_as_json(facts, key_id) for key_id in sorted(facts.ring.keys)],
        "stores": [
            _use_as_json(use, _what(use, stack) if use in left else None) for use in facts.uses
        ],
    }


def show(screen: Screen, facts: Facts, stack: str | None) -> None:
    for line in _keys(facts, stack):
        screen.show(line)
    if facts.uses:
        screen.show("", _stores(facts))
    for name in facts.ring.malformed:
        screen.warn(f"The key ring's entry of {name} is malformed: all that comes is refused.")
    todo = list(_todo(facts, stack))
    if todo:
        screen.show("", Text("Left to do", "bold"), *todo)
    elif facts.settled:
        screen.show("", "Nothing is left to do.")


def why_not(found: list[Obstacle]) -> Iterator[Padding]:
    """What is in the way, a line each."""
    for obstacle in found:
        until = f" Until {moment(obstacle.until)}." if obstacle.until else ""
        yield _indented(Text(f"{plain(obstacle.why)}{until}"))


def obstacles_as_json(found: list[Obstacle]) -> list[dict[str, Any]]:
    return [
        {
            "why": obstacle.why,
            "store": str(obstacle.store) if obstacle.store else None,
            "until": iso_utc(obstacle.until) if obstacle.until else None,
        }
        for obstacle in found
    ]


def _keys(facts: Facts, stack: str | None) -> Iterator[Text]:
    for key_id in sorted(facts.ring.keys, key=lambda id_: (id_ != facts.ring.sign, id_)):
        known = facts.times.get(key_id, NOTHING_KNOWN)
        if key_id == facts.ring.sign:
            what = f"signs since {moment(known.signs_at)}"
        elif key_id == facts.pending:
            what = f"accepted since {moment(known.accepted_at)}, does not sign yet"
        else:
            what = f"still accepted: {_when_to_retire(facts, key_id, stack)}"
        yield Text.assemble((f"{key_id:<4}", "bold cyan"), what)


def _when_to_retire(facts: Facts, key_id: str, stack: str | None) -> str:
    found = obstacles(facts, key_id)
    if not found:
        return f"{verb(f'keys revoke {key_id}', stack)} retires it"
    stores = sum(obstacle.store is not None for obstacle in found)
    later = [obstacle.until for obstacle in found if obstacle.until]
    parts = [f"{stores} of {len(facts.uses)} stores may need it"] if stores else []
    parts += [f"not to be retired before {moment(max(later))}"] if later else []
    parts += [o.why.rstrip(".") for o in found if o.store is None and o.until is None]
    return "; ".join(parts)


def _stores(facts: Facts) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("store", overflow="fold")
    table.add_column("keys")
    table.add_column("how that is known")
    left = facts.left
    for use in facts.uses:
        keys = ", ".join(sorted(use.keys)) or "-"
        good = use not in left
        table.add_row(Mark(good), str(use.store), Text(keys, "" if good else "yellow"), _how(use))
    return table


def _how(use: StoreUse) -> Text:
    words = _KNOWN_BY[use.source]
    if use.confirmed_at:
        words = f"{words} {moment(use.confirmed_at)}"
        if not use.certain or len(use.keys) > 1:
            words += ", but another key's callback came since"
    if use.unlisted:
        words += "; not all URLs that were called are listed"
    if use.refused:
        words += f"; {use.refused} refused URLs are registered"
    return Text(words, "" if use.certain else "dim")


def _todo(facts: Facts, stack: str | None) -> Iterator[Padding]:
    if facts.pending:
        words = f"{verb('keys rotate', stack)} goes on: {facts.pending} does not sign yet."
        yield _indented(Text(words))
    told = sorted(((_what(use, stack, "STORE"), use) for use in facts.left), key=lambda one: one[0])
    for what, group in groupby(told, key=lambda one: one[0]):
        names = ", ".join(use.store.name for _, use in group)
        yield _indented(Text(plain(what)))
        yield _indented(Text(plain(names), "cyan"), 4)
    for key_id in facts.old_keys:
        if not obstacles(facts, key_id):
            words = f"{verb(f'keys revoke {key_id}', stack)}: nothing needs it any more."
            yield _indented(Text(words))


def _indented(text: Text, by: int = 2) -> Padding:
    return Padding(text, (0, 0, 0, by))


def _what(use: StoreUse, stack: str | None, name: str | None = None) -> str:
    """What has to be done about a store, in the platform's words."""
    platform, store = use.store.platform, name or use.store.name
    if use.source is Source.NO_ANSWER:
        return f"{platform}: mend this, or look again later: {use.why}"
    if use.source is Source.PLATFORM:
        apply = verb(f"subscriptions apply {platform} {store}", stack)
        urls = verb(f"urls {platform} {store}", stack)
        what = (
            f"{platform}: {apply} gives its subscriptions the new URLs, and so does the next round "
            f"unless its policy is plan or off. What that leaves, replace by those of {urls}, and "
            "remove the old ones."
        )
        return f"{what}{_not_listed(use, stack, name)}"
    where = _SAYS_WHERE.get(platform, _SUBSCRIPTIONS)
    what = f"{platform}: {where} {verb(f'urls {platform} {store}', stack)}"
    return f"{what}; then {verb(f'keys confirm {platform} {store}', stack)}."


def _not_listed(use: StoreUse, stack: str | None, name: str | None) -> str:
    """What to do beside that, where callbacks came to a URL that the platform does not list."""
    if not use.unlisted:
        return ""
    words = verb(f"keys confirm {use.store.platform} {name or use.store.name}", stack)
    return f" Some that were called it does not list: is one switched off? Then {words}."


def _key_as_json(facts: Facts, key_id: str) -> dict[str, Any]:
    known = facts.times.get(key_id, NOTHING_KNOWN)
    old = key_id in facts.old_keys
    return {
        "id": key_id,
        "signs": key_id == facts.ring.sign,
        "accepted_at": _iso(known.accepted_at),
        "signs_at": _iso(known.signs_at),
        "in_the_way_of_retiring": obstacles_as_json(obstacles(facts, key_id)) if old else None,
    }


def _use_as_json(use: StoreUse, what: str | None) -> dict[str, Any]:
    last: Mapping[str, datetime] = use.last or {}
    return {
        "platform": use.store.platform,
        "store": use.store.name,
        "keys": sorted(use.keys),
        "known_by": use.source.value,
        "certain": use.certain,
        "refused_urls": use.refused,
        "keys_of_unlisted_urls": sorted(key or "unknown" for key in use.unlisted),
        "why": use.why or None,
        "confirmed_at": _iso(use.confirmed_at),
        "last_callbacks": {key or "unknown": iso_utc(at) for key, at in sorted(last.items())},
        "left_to_do": what,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else iso_utc(at)
