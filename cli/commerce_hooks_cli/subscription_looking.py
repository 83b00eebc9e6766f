"""Stores looked at, each at its platform: what there is, and what would change. Nothing does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import CredentialsRefusedError, MissingRightError, PlatformError
from commerce_hooks.subscriptions.ledger import Ledger, LedgerError
from commerce_hooks.subscriptions.looking import AnotherShopError, Look, look
from commerce_hooks.subscriptions.records import record_of
from commerce_hooks.subscriptions.rounds import RecordUnreadableError, Report
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.subscription_agreement import NotAgreedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_hooks.stores import Policy, StoreConfiguration, StoreId
    from commerce_hooks.subscriptions.looking import Shop
    from commerce_hooks.subscriptions.planning import Change
    from commerce_hooks_cli.subscription_desk import Chosen, SubscriptionDesk

# Few, because stores of one client may share a platform's rate limit.
_AT_ONCE = 4


@dataclass(frozen=True)
class Looked:
    """What a look at one store found.

    Args:
        configuration: None if it cannot be read.
        policy: By which it was planned.
        off: Why nobody looked; None if somebody did.
        look: None if there was none.
        problem: Why it failed, None if it did not.
    """

    store: StoreId
    configuration: StoreConfiguration | None = None
    policy: Policy = "off"
    off: str | None = None
    look: Look | None = None
    problem: CommandError | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.look.plan.changes if self.look else ()

    @property
    def wrong(self) -> tuple[Change, ...]:
        """What does not work, though it should."""
        return Report(look=self.look).wrong


def looked_at(
    desk: SubscriptionDesk, chosen: Chosen, on_each: Callable[[str], None]
) -> list[Looked]:
    """Look at all of them, some at once. One that fails keeps no other from being shown."""
    # What they share is made before there are threads.
    _ = desk.ring, desk.accesses, desk.stores.surroundings, desk.stores.known
    with ThreadPoolExecutor(_AT_ONCE) as at_once:
        return list(_told(at_once.map(lambda one: _look(desk, *one), chosen.items()), on_each))


def _told(found: Iterator[Looked], on_each: Callable[[str], None]) -> Iterator[Looked]:
    for one in found:
        on_each(f"{one.store} ...")
        yield one


def _look(
    desk: SubscriptionDesk, store: StoreId, configuration: StoreConfiguration | None
) -> Looked:
    if configuration is None:
        return Looked(store, problem=desk.unreadable(store))
    if why := desk.why_off(store, configuration):
        return Looked(store, configuration, off=why)
    try:
        shop = desk.shop(store, configuration, desk.deadline())
        found = look_at(desk, shop)
    except FAILURES as error:
        return Looked(store, configuration, problem=in_words(desk, store, error))
    return Looked(store, configuration, shop.rules.policy, look=found)


def look_at(desk: SubscriptionDesk, shop: Shop) -> Look:
    """What there is of a store at its platform; it has to be the shop that is pinned.

    Raises:
        PlatformError, AnotherShopError, LedgerError, UnavailableError: As `look` does.
    """
    around = desk.stores.surroundings
    ledger = ledger_of(desk, shop.store)
    pinned = None if desk.terms.new_account else record_of(around.table, shop.store).account
    return look(shop, ledger, pinned, around.now)


def ledger_of(desk: SubscriptionDesk, store: StoreId) -> Ledger:
    around = desk.stores.surroundings
    return Ledger(around.table, store, around.now, around.new_id)


FAILURES = (CommandError, PlatformError, AnotherShopError, LedgerError, UnavailableError)
"""What keeps us from looking at one store, or from changing it."""


def in_words(desk: SubscriptionDesk, store: StoreId, error: Exception) -> CommandError:
    """One of these, with what to do about it."""
    match error:
        case CommandError():
            return error
        case AnotherShopError():
            hint = (
                "Give it the right shop's credentials. Or, if the shop has a new account: "
                f"`{desk.command('apply', store, '--new-account')}`."
            )
        case NotAgreedError():
            hint = "Look at the plan again: repeat the command."
        case RecordUnreadableError():
            anew = desk.command("apply", store, "--new-account")
            hint = f"`{anew}` writes it anew, if these are the right shop's credentials."
        case LedgerError():
            hint = "Repeat the command. If it stays so, use the version that wrote the ledger."
        case CredentialsRefusedError() | MissingRightError():
            hint = f"`{desk.stores.command('check', store)}` says what is missing."
        case _:
            hint = "Try again later."
    text = str(error)
    return CommandError(f"{text[:1].upper()}{text[1:]}.", hint)
