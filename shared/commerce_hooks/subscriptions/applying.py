"""Changes carried out, one after the other; each can be interrupted, and the next run goes on."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from commerce_hooks.deadline import Deadline
from commerce_hooks.http.errors import (
    CallRefusedError,
    NoResponseError,
    NotFoundError,
    PlatformBrokenError,
    PlatformError,
    UnreadableAnswerError,
)
from commerce_hooks.platform_access import Desired, StoreAccess
from commerce_hooks.subscriptions.addresses import Addresses
from commerce_hooks.subscriptions.ledger import Ledger
from commerce_hooks.subscriptions.planning import Action, Change

CHANGE_SECONDS = 105.0
"""A change is begun only with so much time left: a call, another with new access, the ledger, and
then a look whether it holds."""
LISTING_SECONDS = 60.0
"""So long a listing is good for: what was ours may be somebody else's by then."""
_MAY_BE_DONE = (NoResponseError, PlatformBrokenError, UnreadableAnswerError)
_ABOUT_ONE_RECORD = (CallRefusedError, NotFoundError)
"""The platform takes no such topic, or somebody was faster."""


class NotOursError(NotFoundError):
    """A record that was ours when it was listed is somebody else's by now."""

    def __init__(self) -> None:
        super().__init__("the webhook is no longer ours")


@dataclass(slots=True)
class Applied:
    """What was done.

    Args:
        tried: The changes that were begun.
        done: Each with the id that it has by now, if that is known.
        failed: What the platform did not do, or did not say that it did, and why.
        stopped_by: An error after which no call is of any use.
    """

    tried: list[Change] = field(default_factory=list)
    done: list[Change] = field(default_factory=list)
    failed: list[tuple[Change, PlatformError]] = field(default_factory=list)
    stopped_by: PlatformError | None = None


@dataclass(frozen=True, slots=True)
class Applying:
    """Carries out changes of one store, whose lease is held.

    Args:
        hold: Makes sure of the lease before each change; it raises LeaseLostError.
    """

    access: StoreAccess
    ledger: Ledger
    addresses: Addresses
    until: Deadline
    hold: Callable[[], None]

    def apply(self, changes: Iterable[Change]) -> Applied:
        """Make the changes in their order.

        Raises:
            UnavailableError: The ledger could not be written. Nothing was done since.
            LedgerError: Somebody else wrote it.
            LeaseLostError: Somebody else has the lease by now.
        """
        applied, begun = Applied(), self.until.remaining()
        for change in changes:
            is_stale = begun - self.until.remaining() > LISTING_SECONDS
            if is_stale or self.until.remaining() < CHANGE_SECONDS:
                break
            self.hold()
            applied.tried.append(change)
            try:
                applied.done.append(self._one(change))
            except _ABOUT_ONE_RECORD as error:
                applied.failed.append((change, error))
            except _MAY_BE_DONE as error:
                applied.failed.append((change, error))
                break
            except PlatformError as error:
                applied.stopped_by = error
                break
        return applied

    def _one(self, change: Change) -> Change:
        match change.action, change.id, change.desired:
            case Action.CREATE, None, Desired() as desired:
                return self._created(change, desired)
            case Action.UPDATE, str(id_), Desired() as desired:
                self.access.update_subscription(id_, desired)
            case Action.DELETE, str(id_), _:
                self._delete(id_)
            case _:
                raise ValueError(f"no change to be made: {change.action}")
        return change

    def _delete(self, id_: str) -> None:
        """What is gone is gone, and needs a last look: it may be somebody else's by now."""
        try:
            found = self.access.subscription(id_)
        except NotFoundError:
            return
        if self.addresses.read(found.callback_url) is None:
            raise NotOursError
        with suppress(NotFoundError):  # which is what was wanted
            self.access.delete_subscription(id_)

    def _created(self, change: Change, desired: Desired) -> Change:
        address = self.addresses.current(desired.slot)
        entry = self.ledger.intend(address, desired.topics)
        try:
            id_ = self.access.create_subscription(desired)
        except _MAY_BE_DONE:
            raise
        except PlatformError:
            self.ledger.forget(entry)
            raise
        self.ledger.confirm(entry, id_)
        return replace(change, id=id_, existing=address, topics=desired.topics)
