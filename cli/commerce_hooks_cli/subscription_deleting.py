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
from commerce_hooks_cli.subscription_words import id_words

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
        refused: Ids of those that are not ours any more.
        struck: So many entries of the ledger went besides.
        problem: Why it stopped.
    """

    doomed: Doomed
    done: list[Change] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    struck: int = 0
    problem: CommandError | None = None

    def as_json(self) -> dict[str, Any]:
        store = self.doomed.shop.store
        return {
            "platform": store.platform,
            "store": store.name,
            "deleted": [one.id for one in self.done],
            "left": self.left,
            "refused": self.refused,
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
            return Doomed(shop, found, struck=tuple(_unlisted(found)))
        if ids:
            changes = [_named(desk, shop, found, id_) for id_ in dict.fromkeys(ids)]
            return Doomed(shop, found, tuple(changes))
    except FAILURES as error:
        raise in_words(desk, shop.store, error) from error
    return Doomed(shop, found, (*_listed(desk, shop, found), *_hidden(found)))


def _named(desk: SubscriptionDesk, shop: Shop, found: Look, id_: str) -> Change:
    try:
        one = _there(shop, found, id_)
    except NotFoundError as error:
        raise CommandError(
            f"{shop.store.platform} has no webhook {id_words(id_)} of this shop. Nothing was done.",
            f"`{desk.command('list', shop.store)}` shows those there are.",
        ) from error
    if _is_ours(desk, shop, one):
        return _deletion(shop, one)
    if shop.addresses.read(one.callback_url) is None:
        raise CommandError(
            f"The webhook {id_words(id_)} is not ours: its URL leads elsewhere. Nothing was done.",
            "Who made it may delete it.",
        )
    raise CommandError(
        f"The webhook {id_words(id_)} looks like ours, but its token is none of ours. "
        "Nothing was done.",
        "If you know that it is ours, add --adopt.",
    )


def _there(shop: Shop, found: Look, id_: str) -> Subscription:
    """The record of this id, also if it is not listed."""
    listed = {one.id: one for one in found.existing}
    return listed.get(id_) or shop.access.subscription(id_)


def _is_ours(desk: SubscriptionDesk, shop: Shop, one: Subscription) -> bool:
    address = shop.addresses.read(one.callback_url)
    return address is not None and (address.proved or desk.terms.adopt)


def _listed(desk: SubscriptionDesk, shop: Shop, found: Look) -> Iterator[Change]:
    for one in found.existing:
        if _is_ours(desk, shop, one):
            yield _deletion(shop, one)


def _deletion(shop: Shop, one: Subscription) -> Change:
    address = shop.addresses.read(one.callback_url)
    topics = one.topics.intersection(shop.rules.known_topics)
    slot = address.slot if address else None
    return Change(Action.DELETE, Reason.ASKED_FOR, slot, one.id, address, topics)


def _unlisted(found: Look) -> Iterator[Entry]:
    """Those of the ledger that the platform said to have created, and does not list."""
    return (entry for entry, fate in found.fates.known if fate is Fate.UNLISTED)


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

    There it is looked again: while somebody was asked, one of them may have become another's.

    Raises:
        CommandError: Somebody else works on the store. Nothing was done.
    """
    deleted, store = Deleted(find), find.shop.store
    if not (find.changes or find.struck):
        return deleted
    with desk.stores.lease(store, _OWNER):
        try:
            shop = desk.shop_anew(store, desk.deadline())
            now = Doomed(shop, look_at(desk, shop), find.changes, find.struck)
            _carry_out(desk, now, deleted)
        except FAILURES as error:
            deleted.problem = in_words(desk, store, error)
    if deleted.done:
        # Nothing else of the look is news.
        report = Report(Outcome.CHANGED, now.look, done=deleted.done, news=False)
        announcing.announce(now.shop, report)
    return deleted


def _carry_out(desk: SubscriptionDesk, now: Doomed, deleted: Deleted) -> None:
    ledger = ledger_of(desk, now.shop.store)
    try:
        for change in now.changes:
            if not _delete(desk, now, change, deleted):
                continue
            for entry in now.look.entries:
                if entry.subscription_id == change.id:
                    ledger.forget(entry)
        meant = {entry.local_id for entry in now.struck}
        for entry in _unlisted(now.look):
            if entry.local_id in meant:
                ledger.forget(entry)
                deleted.struck += 1
    finally:
        _correct_record(desk, deleted)


def _delete(desk: SubscriptionDesk, now: Doomed, change: Change, deleted: Deleted) -> bool:
    """Whether it is gone. What is not ours any more stays, and what only support can delete."""
    shop, id_ = now.shop, str(change.id)
    try:
        one = _there(shop, now.look, id_)
        if not _is_ours(desk, shop, one):
            deleted.refused.append(id_)
            return False
        change = _deletion(shop, one)
        shop.access.delete_subscription(id_)
    except NotOfferedError:
        deleted.left.append(id_)
        return False
    except NotFoundError:
        pass  # which is what was wanted
    deleted.done.append(change)
    return True


def _correct_record(desk: SubscriptionDesk, deleted: Deleted) -> None:
    """So that `status` does not show what is gone."""
    around, store = desk.stores.surroundings, deleted.doomed.shop.store
    known, gone = record_of(around.table, store), {one.id for one in deleted.done}
    if deleted.done and known.row.exists:
        lines = tuple(line for line in known.lines if line.id not in gone)
        keep_record(around.table, replace(known, lines=lines, changed_at=around.now()))
