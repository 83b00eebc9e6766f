"""What is registered at a store's platform right now, ours and others', without any URL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.table import Table
from rich.text import Text

from commerce_hooks.callback import iso_utc
from commerce_hooks.http.errors import NotFoundError
from commerce_hooks.subscriptions.records import record_of
from commerce_hooks_cli.console import plain
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.store_screen import show_facts
from commerce_hooks_cli.subscription_looking import FAILURES, in_words, ledger_of
from commerce_hooks_cli.subscription_words import id_words, topic_words, what

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks.platform_access import Subscription
    from commerce_hooks.subscriptions.addresses import Address, Addresses
    from commerce_hooks.subscriptions.ledger import Entry
    from commerce_hooks.subscriptions.looking import Shop
    from commerce_hooks.subscriptions.records import Line
    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.subscription_desk import Meant, SubscriptionDesk

_DIGITS = 12


class Whose(StrEnum):
    """Whose a record is."""

    OURS = "ours"
    UNPROVED = "looks like ours"
    """It has a URL of ours for the store, and a token that is none of ours."""
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Registered:
    """A record, with what may be shown of it.

    Args:
        host: Of its URL; "?" if it has none.
        digest: Tells two URLs of ours apart; None of a stranger's, which may be easy to guess.
        current: Whether its URL is the one that would be made today.
    """

    id: str
    topics: tuple[str, ...]
    whose: Whose
    host: str
    account: str | None
    address: Address | None = None
    digest: str | None = None
    current: bool = False

    @classmethod
    def of(cls, one: Subscription, addresses: Addresses) -> Registered:
        topics, address = tuple(sorted(one.topics)), addresses.read(one.callback_url)
        host = _host(one.callback_url)
        if address is None:
            return cls(one.id, topics, Whose.FOREIGN, host, one.account)
        digest = sha256(one.callback_url.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
        whose = Whose.OURS if address.proved else Whose.UNPROVED
        current = address == addresses.current(address.slot)
        return cls(one.id, topics, whose, host, one.account, address, digest, current)

    def as_json(self) -> dict[str, Any]:
        address = self.address
        return {
            "id": self.id,
            "topics": [*self.topics],
            "whose": self.whose.name.lower(),
            "host": self.host,
            "account": self.account,
            "topic": address.slot if address else None,
            "base_url": address.base if address else None,
            "key_id": (address.key_id or None) if address else None,
            "generation": (address.generation or None) if address else None,
            "current": self.current if address else None,
            "url_sha256": self.digest,
        }


@dataclass(frozen=True)
class Closely:
    """One record with all that is known of it.

    Args:
        listed: Whether the platform lists it.
        entry: The ledger's, None if it has none.
        line: What the last look found, None if it found no such record.
    """

    registered: Registered
    listed: bool
    entry: Entry | None
    line: Line | None

    def as_json(self) -> dict[str, Any]:
        entry, line = self.entry, self.line
        return {
            **self.registered.as_json(),
            "listed": self.listed,
            "ledger": entry
            and {
                "topic": entry.address.slot,
                "base_url": entry.address.base,
                "key_id": entry.address.key_id,
                "generation": entry.address.generation,
                "topics": sorted(entry.topics),
                "intended_at": iso_utc(entry.intended_at),
            },
            "last_look": line
            and {
                "action": line.action,
                "reason": line.reason,
                "topic": line.slot,
                "topics": [*line.topics],
                "key_id": line.key_id,
            },
        }


def listed(desk: SubscriptionDesk, meant: Meant) -> list[Registered]:
    """All of a store's, ours first.

    Raises:
        CommandError: The platform does not tell them all.
    """
    shop = desk.one_shop(meant, desk.deadline())
    found = [Registered.of(one, shop.addresses) for one in _asked(desk, shop)]
    order = list(Whose)
    return sorted(found, key=lambda one: (order.index(one.whose), len(one.id), one.id))


def closely(desk: SubscriptionDesk, meant: Meant, id_: str) -> Closely:
    """One of them, also if the platform does not list it.

    Raises:
        CommandError: There is none of this id, or the platform does not tell.
    """
    shop = desk.one_shop(meant, desk.deadline())
    try:
        found = shop.access.subscription(id_)
    except NotFoundError as error:
        raise _not_there(desk, shop, id_) from error
    except FAILURES as error:
        raise in_words(desk, shop.store, error) from error
    listed_ids = {one.id for one in _asked(desk, shop)}
    entry = _entry(desk, shop, id_)
    lines = record_of(desk.stores.surroundings.table, shop.store).lines
    return Closely(
        Registered.of(found, shop.addresses),
        listed=found.id in listed_ids,
        entry=entry,
        line=next((line for line in lines if line.id == id_), None),
    )


def _asked(desk: SubscriptionDesk, shop: Shop) -> Sequence[Subscription]:
    try:
        return shop.access.subscriptions()
    except FAILURES as error:
        raise in_words(desk, shop.store, error) from error


def _entry(desk: SubscriptionDesk, shop: Shop, id_: str) -> Entry | None:
    try:
        entries = ledger_of(desk, shop.store).entries()
    except FAILURES as error:
        raise in_words(desk, shop.store, error) from error
    return next((one for one in entries if one.subscription_id == id_), None)


def _not_there(desk: SubscriptionDesk, shop: Shop, id_: str) -> CommandError:
    known = " Our ledger has it, so it was there." if _entry(desk, shop, id_) else ""
    return CommandError(
        f"{shop.store.platform} has no webhook {id_words(id_)} of this shop.{known}",
        f"`{desk.command('list', shop.store)}` shows those there are.",
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url.strip()).hostname or "?"
    except ValueError:
        return "?"


def table_of(found: Sequence[Registered]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("id", "whose", "host", "key", "gen", "url", "topics"):
        # Columns of single words are never cut by `show_uncut`; it is the others that wrap.
        table.add_column(title, no_wrap=title not in {"whose", "topics"})
    for one in found:
        address = one.address
        proved = address if address and address.proved else None
        key = "-" if proved is None else f"{proved.key_id}{'' if one.current else '*'}"
        table.add_row(
            plain(one.id),
            Text(one.whose.value, _STYLES[one.whose]),
            plain(one.host),
            key,
            str(proved.generation) if proved else "-",
            one.digest or "-",
            plain(" ".join(one.topics)) or "-",
        )
    if any(one.whose is Whose.OURS and not one.current for one in found):
        table.caption, table.caption_justify = "* not the URL that would be made today", "left"
    return table


_STYLES = {Whose.OURS: "green", Whose.UNPROVED: "yellow", Whose.FOREIGN: "dim"}


def show_closely(screen: Screen, found: Closely) -> None:
    one, address, entry, line = found.registered, found.registered.address, found.entry, found.line
    facts = {"id": one.id, "whose": one.whose.value, "host": one.host}
    if address is not None:
        facts["topic in URL"] = topic_words(address.slot)
        facts["token"] = _token(address, current=one.current)
        facts["hash of URL"] = one.digest or "-"
    facts["topics"] = " ".join(one.topics) or "-"
    facts["account"] = one.account or "-"
    facts["listed"] = "yes" if found.listed else "no: it may be inactive"
    facts["ledger"] = "-"
    if entry is not None:
        left = f"{entry.address.key_id or 'no key'}, generation {entry.address.generation}"
        facts["ledger"] = f"since {iso_utc(entry.intended_at)}, left with {left}"
    facts["last look"] = f"{line.action}: {what(line.reason)}" if line else "-"
    show_facts(screen, facts)


def _token(address: Address, *, current: bool) -> str:
    if not address.proved:
        return "none of ours"
    now = "as it would be today" if current else "not as it would be today"
    return f"{address.key_id}, generation {address.generation}, {now}"
