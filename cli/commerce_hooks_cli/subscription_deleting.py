"""Subscriptions of ours that an operator has deleted. Those of others are refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from commerce_hooks.http.errors import NotFoundError, NotOfferedError
from commerce_hooks.subscriptions.evidence import Fate
from commerce_hooks.subscriptions.planning import Action, Change, Reason
from commerce_hooks.subscriptions.records import keep_record, record_of
from commerce_hooks.subscriptions.rounds import Outcome, Report
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.subscription_looking import FAILURES, in_words, ledger_of, look_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from commerce_hooks.platform_access import Subscription
    from commerce_hooks.subscriptions.ledger import Entry
    from commerce_hooks.subscriptions.looking import Look, Shop
    from commerce_hooks_cli.subscription_announcing import Announcing
    from commerce_hooks_cli.subscription_desk import Meant, SubscriptionDesk

_OWNER = "subscriptions delete"


@dataclass(frozen=True)
class Doomed:
    """What is to be deleted.

    Args:
        shop: Whose.
        look: What there was.
        changes: A deletion for each.
        struck: Entries of the ledger that go, though there is nothing to delete.
    """

    shop: Shop
    look: Look
    changes: tuple[Change, ...] = ()
    struck: tuple[Entry, ...] = ()

    def comes_again(self) -> bool:
        """Whether the next round creates some of it again."""
        slots = {change.slot for change in self.changes} | {one.address.slot for one in self.struck}
        acts = self.shop.rules.policy in {"upsert", "sync"}
        return acts and not slots.isdisjoint(self.shop.wanted)


@dataclass
class Deleted:
    """What became of it.

    Args:
        done: Those that are gone.
        left: Ids of those that only support can delete.
        struck: So many entries of the ledger went besides.
        problem: Why it stopped.
    """

    doomed: Doomed
    done: list[Change] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    struck: int = 0
    problem: CommandError | None = None

    def as_json(self) -> dict[str, Any]:
        store = self.doomed.shop.store
        return {
            "platform": store.platform,
            "store": store.name,
            "deleted": [one.id for one in self.done],
            "left": self.left,
            "struck": self.struck,
            "comes_again": self.doomed.comes_again(),
        }


def doomed(
    desk: SubscriptionDesk, meant: Meant, ids: Sequence[str], *, unlisted: bool = False
) -> Doomed:
    """Find what is meant: these, or what the ledger misses, or else all of ours.

    Raises:
        CommandError: One of them is not there, or not ours; or the platform does not tell.
    """
    shop = desk.one_shop(meant, desk.deadline())
    try:
        found = look_at(desk, shop)
        if unlisted:
            fates = found.fates.known
            struck = tuple(entry for entry, fate in fates if fate is Fate.UNLISTED)
            return Doomed(shop, found, struck=struck)
        if ids:
            changes = [_named(desk, shop, found, id_) for id_ in dict.fromkeys(ids)]
            return Doomed(shop, found, tuple(changes))
    except FAILURES as error:
        raise in_words(desk, shop.store, error) from error
    return Doomed(shop, found, (*_listed(desk, shop, found), *_hidden(found)))


def _named(desk: SubscriptionDesk, shop: Shop, found: Look, id_: str) -> Change:
    listed = {one.id: one for one in found.existing}
    try:
        one = listed.get(id_) or shop.access.subscription(id_)
    except NotFoundError as error:
        raise CommandError(
            f"{shop.store.platform} has no webhook {id_!r} of this shop. Nothing was done.",
            f"`{desk.command('list', shop.store)}` shows those there are.",
        ) from error
    address = shop.addresses.read(one.callback_url)
    if address is None:
        raise CommandError(
            f"The webhook {id_!r} is not ours: its URL leads elsewhere. Nothing was done.",
            "Who made it may delete it.",
        )
    if not (address.proved or desk.terms.adopt):
        raise CommandError(
            f"The webhook {id_!r} looks like ours, but its token is none of ours. "
            "Nothing was done.",
            "If you know that it is ours, add --adopt.",
        )
    return _deletion(shop, one)


def _listed(desk: SubscriptionDesk, shop: Shop, found: Look) -> Iterator[Change]:
    for one in found.existing:
        address = shop.addresses.read(one.callback_url)
        if address is not None and (address.proved or desk.terms.adopt):
            yield _deletion(shop, one)


def _deletion(shop: Shop, one: Subscription) -> Change:
    address = shop.addresses.read(one.callback_url)
    topics = one.topics.intersection(shop.rules.known_topics)
    slot = address.slot if address else None
    return Change(Action.DELETE, Reason.ASKED_FOR, slot, one.id, address, topics)


def _hidden(found: Look) -> Iterator[Change]:
    """Those of the ledger that are there and not listed."""
    for entry, fate in found.fates.known:
        if fate is Fate.HIDDEN:
            yield Change(
                Action.DELETE,
                Reason.ASKED_FOR,
                entry.address.slot,
                entry.subscription_id,
                entry.address,
                entry.topics,
            )


def delete(desk: SubscriptionDesk, find: Doomed, announcing: Announcing) -> Deleted:
    """Delete them under the store's lease; what is done is told, however it ends.

    Raises:
        CommandError: Somebody else works on the store. Nothing was done.
    """
    deleted = Deleted(find)
    with desk.stores.lease(find.shop.store, _OWNER):
        try:
            _carry_out(desk, deleted)
        except FAILURES as error:
            deleted.problem = in_words(desk, find.shop.store, error)
    if deleted.done:
        # Nothing else of the look is news.
        report = Report(Outcome.CHANGED, find.look, done=deleted.done, news=False)
        announcing.announce(find.shop, report)
    return deleted


def _carry_out(desk: SubscriptionDesk, deleted: Deleted) -> None:
    shop, access = deleted.doomed.shop, deleted.doomed.shop.access
    ledger, entries = ledger_of(desk, shop.store), deleted.doomed.look.entries
    try:
        for change in deleted.doomed.changes:
            id_ = str(change.id)
            try:
                access.delete_subscription(id_)
            except NotOfferedError:
                deleted.left.append(id_)
                continue
            except NotFoundError:
                pass  # which is what was wanted
            deleted.done.append(change)
            for entry in entries:
                if entry.subscription_id == id_:
                    ledger.forget(entry)
        for entry in deleted.doomed.struck:
            ledger.forget(entry)
            deleted.struck += 1
    finally:
        _correct_record(desk, deleted)


def _correct_record(desk: SubscriptionDesk, deleted: Deleted) -> None:
    """So that `status` does not show what is gone."""
    around, store = desk.stores.surroundings, deleted.doomed.shop.store
    known, gone = record_of(around.table, store), {one.id for one in deleted.done}
    if deleted.done and known.row.exists:
        lines = tuple(line for line in known.lines if line.id not in gone)
        keep_record(around.table, replace(known, lines=lines, changed_at=around.now()))
