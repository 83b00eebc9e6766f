"""What somebody agreed to when they were shown a plan: nothing else is deleted or taken over.

A round looks anew, and not only once. Of what it finds by then it may create what is missing and
mend what is proved to be ours: that harms nobody. But a record that was not in the plan, and that
is to be deleted or is to have another's URL replaced, has been seen by nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_hooks.http.errors import PlatformError
from commerce_hooks.subscriptions.planning import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from commerce_hooks.platform_access import Checked, Desired, StoreAccess, Subscription
    from commerce_hooks.subscriptions.addresses import Address, Addresses
    from commerce_hooks.subscriptions.planning import Change

_Record = tuple[str, "str | None", bool]
"""Its id, the topic in its URL, and whether that proves to be ours."""


class NotAgreedError(PlatformError):
    """At the platform there is something else than in the plan that was shown."""

    def __init__(self, id_: str) -> None:
        super().__init__(
            f"something changed meanwhile: the webhook {id_} was not in the plan that was shown, "
            "and nothing was done about it"
        )


@dataclass(frozen=True)
class Agreement:
    """Which records a plan that was agreed to deletes, and which it updates."""

    deleted: frozenset[_Record] = frozenset()
    updated: frozenset[_Record] = frozenset()

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Agreement:
        shown = [(one.action, _record(one.id or "", one.existing)) for one in changes]
        return cls(
            frozenset(record for action, record in shown if action is Action.DELETE),
            frozenset(record for action, record in shown if action is Action.UPDATE),
        )


@dataclass
class Agreed:
    """A store's way to its platform that keeps to an agreement.

    It knows of records what was listed last, as do the changes that a plan made of them.
    """

    access: StoreAccess = field(repr=False)
    addresses: Addresses
    agreement: Agreement
    _listed: dict[str, _Record] = field(default_factory=dict)

    def check(self) -> Checked:
        return self.access.check()

    def subscriptions(self) -> Sequence[Subscription]:
        found = self.access.subscriptions()
        read = self.addresses.read
        self._listed = {one.id: _record(one.id, read(one.callback_url)) for one in found}
        return found

    def subscription(self, id_: str) -> Subscription:
        return self.access.subscription(id_)

    def create_subscription(self, desired: Desired) -> str | None:
        return self.access.create_subscription(desired)

    def update_subscription(self, id_: str, desired: Desired) -> None:
        """Raises NotAgreedError too: it proves nothing, and nobody agreed to take it over."""
        record = self._record(id_)
        if not (record[2] or record in self.agreement.updated):
            raise NotAgreedError(id_)
        self.access.update_subscription(id_, desired)

    def account(self) -> str | None:
        return self.access.account()

    def delete_subscription(self, id_: str) -> None:
        """Raises NotAgreedError too: nobody agreed to delete it."""
        if self._record(id_) not in self.agreement.deleted:
            raise NotAgreedError(id_)
        self.access.delete_subscription(id_)

    def _record(self, id_: str) -> _Record:
        return self._listed.get(id_, (id_, None, False))


def _record(id_: str, address: Address | None) -> _Record:
    return id_, address.slot if address else None, address is not None and address.proved
