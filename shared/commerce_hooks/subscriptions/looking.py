"""A look at one store: what there is at its platform, and the plan that follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from commerce_hooks.errors import CommerceHooksError
from commerce_hooks.http.errors import UnreadableAnswerError
from commerce_hooks.platform_access import StoreAccess, Subscription
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.addresses import Addresses
from commerce_hooks.subscriptions.evidence import Fates, fates
from commerce_hooks.subscriptions.ledger import Entry, Ledger
from commerce_hooks.subscriptions.planning import Action, Change, Plan, Rules, plan
from commerce_hooks.subscriptions.wanted import Wanted


class AnotherShopError(CommerceHooksError):
    """The credentials are of another shop than at first: nothing is done in it."""

    def __init__(self) -> None:
        super().__init__("the credentials are of another shop than they were at first")


@dataclass(frozen=True, slots=True)
class Shop:
    """One store and the way to it.

    Args:
        access: Its way to its platform.
    """

    store: StoreId
    access: StoreAccess
    addresses: Addresses
    wanted: Wanted
    rules: Rules


@dataclass(frozen=True, slots=True)
class Look:
    """What was found.

    Args:
        account: The platform's identity of the shop, where the records told it.
        entries: The ledger's.
    """

    plan: Plan
    existing: tuple[Subscription, ...]
    account: str | None
    entries: tuple[Entry, ...]
    fates: Fates

    @property
    def drifted(self) -> tuple[Change, ...]:
        """Those of the changes that mend what somebody else did to what we had left right."""
        return tuple(filter(self._has_drifted, self.plan.entries))

    def _has_drifted(self, change: Change) -> bool:
        if change.action is Action.CREATE:
            gone = (entry for entry in self.fates.gone if entry.subscription_id is not None)
            return any(entry.address.slot == change.slot for entry in gone)
        if change.action is Action.UPDATE:
            left = [entry for entry in self.entries if entry.subscription_id == change.id]
            return any(
                (one.address, one.topics) != (change.existing, change.topics) for one in left
            )
        return False


def look(shop: Shop, ledger: Ledger, account: str | None, now: Callable[[], datetime]) -> Look:
    """List, look after what is not listed, and plan.

    Args:
        shop: The store.
        ledger: Its ledger.
        account: The shop's identity as pinned, None if it is not yet.
        now: The clock.

    Raises:
        PlatformError: The platform does not tell all its records.
        AnotherShopError: They are not those of the pinned shop.
        LedgerError: The ledger cannot be read.
        UnavailableError: The table does not answer.
    """
    existing = tuple(shop.access.subscriptions())
    found = _account(existing)
    check_account(account, found)
    entries = ledger.entries()
    known = fates(entries, existing, shop.access, shop.addresses, now())
    made = plan(shop.wanted, existing, known.evidence(), shop.addresses, shop.rules)
    return Look(made, existing, found, entries, known)


def check_account(pinned: str | None, found: str | None) -> None:
    """Raises AnotherShopError where both are known and differ."""
    if pinned is not None and found is not None and pinned != found:
        raise AnotherShopError


def _account(existing: Sequence[Subscription]) -> str | None:
    accounts = {one.account for one in existing if one.account is not None}
    if len(accounts) > 1:
        raise UnreadableAnswerError("webhooks of more than one shop are listed")
    return next(iter(accounts), None)
