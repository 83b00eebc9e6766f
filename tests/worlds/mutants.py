"""Errors that others have made. Each has to be caught by some world, or it is no proof."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from commerce_hooks.platform_access import StoreAccess, Subscription
from commerce_hooks.subscriptions import books, looking, planning, rounds
from commerce_hooks.subscriptions.addresses import Address, Addresses
from commerce_hooks.subscriptions.applying import Applying
from commerce_hooks.subscriptions.evidence import Fate, Fates
from commerce_hooks.subscriptions.ledger import Entry
from commerce_hooks.subscriptions.looking import Look
from commerce_hooks.subscriptions.planning import Action, Change, Evidence, Plan
from commerce_hooks.subscriptions.rounds import Rounds

SetAttribute = Callable[[Any, str, Any], None]


@dataclass(frozen=True)
class Mutant:
    """Code that is broken on purpose.

    Args:
        breaks: Puts the broken part in the place of the good one.
    """

    name: str
    breaks: Callable[[SetAttribute], None]


def _by_text(put: SetAttribute) -> None:
    """Knows a record of ours only by the text that its URL would have today."""
    read = Addresses.read

    def by_text(self: Addresses, url: str) -> Address | None:
        found = read(self, url)
        return found if found and url == self.url(found.slot) else None

    put(Addresses, "read", by_text)


def _first_page(put: SetAttribute) -> None:
    """Takes the first page for all."""
    good = looking.look

    def look(shop: Any, *others: Any) -> Look:
        return good(replace(shop, access=_FirstPage(shop.access)), *others)

    put(rounds, "look", look)


class _FirstPage:
    def __init__(self, access: StoreAccess) -> None:
        self._access = access

    def subscriptions(self) -> Sequence[Subscription]:
        return self._access.subscriptions()[:3]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._access, name)


def _deletes_foreign(put: SetAttribute) -> None:
    """Deletes whatever is not desired."""
    good = planning.plan

    def plan(*given: Any) -> Plan:
        rules = given[-1]
        made = good(*given)
        return Plan(tuple(_deleted(one) if rules.may_delete else one for one in made.entries))

    put(looking, "plan", plan)


def _deleted(change: Change) -> Change:
    is_foreign = change.action is Action.FOREIGN
    return replace(change, action=Action.DELETE) if is_foreign else change


def _trusts_listings(put: SetAttribute) -> None:
    """Takes for gone whatever is not listed."""

    def fates(entries: Sequence[Entry], existing: Sequence[Subscription], *_: Any) -> Fates:
        listed = {one.id for one in existing}
        return Fates(
            tuple(
                (one, Fate.LISTED if one.subscription_id in listed else Fate.GONE)
                for one in entries
            )
        )

    put(looking, "fates", fates)


def _no_read_back(put: SetAttribute) -> None:
    """Believes that what was answered was done."""
    good = looking.look
    seen: dict[Any, Look] = {}

    def look(shop: Any, ledger: Any, account: str | None, now: Callable[[], datetime]) -> Look:
        if (shop.store, now()) in seen:
            return _as_if_done(seen[shop.store, now()])
        found = good(shop, ledger, account, now)
        seen[shop.store, now()] = found
        return found

    put(rounds, "look", look)


def _as_if_done(found: Look) -> Look:
    entries = (
        replace(one, action=Action.KEEP, id=one.id or "0")
        for one in found.plan.entries
        if one.action is not Action.DELETE
    )
    return replace(found, plan=Plan(tuple(entries)))


def _ignores_ledger(put: SetAttribute) -> None:
    """Plans as if nothing were known but what is listed."""
    put(Fates, "evidence", lambda _: Evidence())


def _no_intent(put: SetAttribute) -> None:
    """Writes down what it creates only once it is created."""
    put(books, "_without_id", lambda *_: None)

    def created(self: Applying, change: Change, desired: Any) -> Change:
        id_ = self.access.create_subscription(desired)
        address = self.addresses.current(desired.slot)
        self.ledger.intend(address, desired.topics, id_)
        return replace(change, id=id_, existing=address, topics=desired.topics)

    put(Applying, "_created", created)


def _deletes_first(put: SetAttribute) -> None:
    """Makes all changes at once, whether what comes first holds or not."""

    def due(_: Rounds, found: Look, tried: Collection[Any]) -> list[Change]:
        changes = reversed(found.plan.changes)
        return [one for one in changes if (one.action, one.slot, one.id) not in tried]

    put(Rounds, "_due", due)


def _no_differences(put: SetAttribute) -> None:
    """Takes whatever is ours for right."""
    put(planning._Planning, "_differences", lambda *_: ())


MUTANTS = (
    Mutant("matches by URL text only", _by_text),
    Mutant("ignores paging", _first_page),
    Mutant("deletes foreign", _deletes_foreign),
    Mutant("trusts an empty list", _trusts_listings),
    Mutant("no read-back", _no_read_back),
    Mutant("ignores the ledger", _ignores_ledger),
    Mutant("no intent before creation", _no_intent),
    Mutant("deletes first", _deletes_first),
    Mutant("sees no differences", _no_differences),
)
