"""The ledger brought in line with what a look found."""

from collections.abc import Iterator
from dataclasses import replace

from commerce_hooks.subscriptions.addresses import Address
from commerce_hooks.subscriptions.ledger import Entry, Ledger
from commerce_hooks.subscriptions.looking import Look
from commerce_hooks.subscriptions.planning import Action, Change, Reason


def forget_gone(ledger: Ledger, look: Look) -> None:
    """Strike out what is gone from the platform, before anything is made in its place.

    Raises:
        LedgerError: Somebody else changed it.
        UnavailableError: The table does not answer.
    """
    for entry in look.fates.gone:
        ledger.forget(entry)


def keep_books(ledger: Ledger, look: Look) -> list[Change]:
    """Write down what of ours is listed, as it is: also what we did not know to be there.

    Returns:
        The creations of which it is known only now that they took effect.

    Raises:
        As above.
    """
    created = []
    gone = {entry.local_id for entry in look.fates.gone}
    entries = [entry for entry in look.entries if entry.local_id not in gone]
    by_id = {one.subscription_id: one for one in entries if one.subscription_id is not None}
    without_id = [one for one in entries if one.subscription_id is None]
    for change, address, id_ in _ours(look):
        entry = by_id.get(id_)
        if entry is None and (unknown := _without_id(without_id, change)):
            entry = ledger.confirm(unknown, id_)
            if not unknown.answered:
                created.append(replace(change, action=Action.CREATE, reason=Reason.MISSING))
        if entry is None:
            ledger.intend(address, change.topics, id_)
        elif (entry.address, entry.topics, entry.seen) != (address, change.topics, True):
            ledger.change(entry, address, change.topics)
    return created


def _ours(look: Look) -> Iterator[tuple[Change, Address, str]]:
    """What is listed of ours, and stays as it is."""
    for one in look.plan.entries:
        address, id_ = one.existing, one.id
        if address and address.proved and id_ and one.action is not Action.UPDATE:
            yield one, address, id_


def _without_id(entries: list[Entry], change: Change) -> Entry | None:
    """The entry of what was asked for, and whose id is known only now."""
    found = next((entry for entry in entries if entry.address.slot == change.slot), None)
    if found is not None:
        entries.remove(found)
    return found
