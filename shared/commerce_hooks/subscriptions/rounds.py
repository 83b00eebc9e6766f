"""One store's round: look, make what changes are due, and look again whether they hold."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import CommerceHooksError
from commerce_hooks.http.errors import PlatformError
from commerce_hooks.state.leases import LeaseLostError
from commerce_hooks.state.table import StateTable
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.applying import CHANGE_SECONDS, Applying
from commerce_hooks.subscriptions.books import forget_gone, keep_books
from commerce_hooks.subscriptions.ledger import Ledger, LedgerError
from commerce_hooks.subscriptions.looking import (
    AnotherShopError,
    Look,
    Shop,
    check_account,
    look,
)
from commerce_hooks.subscriptions.planning import Action, Change, Reason
from commerce_hooks.subscriptions.records import Line, Record, keep_record, record_of

ROUND_SECONDS = 240.0
"""What a round may take."""
MAX_CHANGES = 30
"""A round makes no more: more than a shop has topics is no drift but a mistake of ours."""
_MAX_PASSES = 3
"""Creations and updates, deletions once those hold, and what somebody else did meanwhile."""
_OURS_TO_MEND = frozenset({Reason.HIDDEN, Reason.ELSEWHERE, Reason.UNLISTED, Reason.PENDING})
"""Conflicts that mean that a subscription does not work. Others are superfluous records."""


class RecordUnreadableError(LedgerError):
    """Nothing is done then: it would say whose shop this is."""

    def __init__(self) -> None:
        super().__init__("what was kept of the store's last round cannot be read")


class Outcome(StrEnum):
    """How a round ended."""

    AS_DESIRED = "as_desired"
    CHANGED = "changed"
    """By now it is as desired."""
    DIFFERENT = "different"
    """Something is not as desired: by policy `plan`, for want of time, or it did not hold."""
    FAILED = "failed"
    OFF = "off"
    """By policy `off`, or the store is disabled: nobody looked."""


@dataclass(slots=True)
class Report:
    """What a round found and did.

    Args:
        look: The last; None if there was none.
        done: Changes made, in their order.
        drifted: Those changes that mend what somebody else did.
        failed: What the platform did not do, and why.
        error: What ended the round, None if nothing did.
        account: The shop's identity, as far as it is known by now.
    """

    outcome: Outcome = Outcome.FAILED
    look: Look | None = None
    done: list[Change] = field(default_factory=list)
    drifted: list[Change] = field(default_factory=list)
    failed: list[tuple[Change, PlatformError]] = field(default_factory=list)
    error: CommerceHooksError | None = None
    account: str | None = None
    news: bool = True
    """Whether its outcome, or what is wrong, is another than the last round's."""

    @property
    def wrong(self) -> tuple[Change, ...]:
        """What does not work, though it should."""
        if self.look is None:
            return ()
        plan = self.look.plan
        broken = (one for one in plan.conflicts if one.reason in _OURS_TO_MEND)
        return (*plan.changes, *broken)

    def settle(self) -> None:
        """An update of which nobody said that it was made was, if the look finds it so."""
        kept = {one.id for one in self.look.plan.of(Action.KEEP)} if self.look else set()
        made = [one for one, _ in self.failed if one.action is Action.UPDATE and one.id in kept]
        self.done += made
        self.failed = [each for each in self.failed if each[0] not in made]

    @property
    def cause(self) -> str | None:
        """Why it failed, in words without a secret."""
        errors = [self.error, *(error for _, error in self.failed if self.wrong)]
        return next((str(error) for error in errors if error is not None), None)


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rounds of stores whose lease is held.

    Args:
        max_changes: A round makes no more.
        new_account: Take the shop for the right one, whatever is pinned.
        hold: Makes sure of the lease before each change; it raises LeaseLostError.
    """

    table: StateTable
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    max_changes: int = MAX_CHANGES
    new_account: bool = False
    hold: Callable[[], None] = lambda: None

    def ledger(self, shop: Shop) -> Ledger:
        return Ledger(self.table, shop.store, self.now, self.new_id)

    def go(self, shop: Shop, until: Deadline) -> Report:
        """Make a store's subscriptions what they should be, as far as its policy goes.

        Raises:
            UnavailableError: The table does not answer. What was done is found by the next round.
        """
        began, known = self.now(), record_of(self.table, shop.store)
        if self.new_account:
            known = replace(known, account=None, unreadable=False)
        report = Report()
        if shop.rules.policy == "off":
            report.outcome = Outcome.OFF
            known = _at_rest(known)
        else:
            known = self._looked(shop, known, report, until)
            report.outcome = _outcome(report)
        record = self._record(known, report, began)
        report.news = _signature(record) != _signature(known)
        self._keep(record)
        return report

    def _keep(self, record: Record) -> None:
        """What cannot be read stays for somebody to see: the pin of the shop may be in it."""
        if not record.unreadable:
            keep_record(self.table, record)

    def unlooked(self, store: StoreId, outcome: Outcome, cause: str | None = None) -> None:
        """Keep that nobody looked: the store is off, or there is no way to its platform.

        Raises:
            UnavailableError: The table does not answer.
        """
        known = record_of(self.table, store)
        if outcome is Outcome.OFF:
            known = _at_rest(known)
        self._keep(replace(known, outcome=outcome.value, cause=cause, ran_at=self.now()))

    def _looked(self, shop: Shop, known: Record, report: Report, until: Deadline) -> Record:
        try:
            return self._go(shop, known, report, until)
        except (PlatformError, LedgerError, AnotherShopError, LeaseLostError) as error:
            report.error = error
            return replace(known, account=known.account or report.account)

    def _go(self, shop: Shop, known: Record, report: Report, until: Deadline) -> Record:
        if known.unreadable:
            raise RecordUnreadableError
        ledger, tried, passes = self.ledger(shop), set[_Key](), 0
        while True:
            found = report.look = look(shop, ledger, known.account, self.now)
            known = replace(known, account=known.account or found.account)
            report.account = known.account
            report.settle()
            if shop.rules.policy == "plan":
                report.drifted += found.drifted
                return known
            passes += 1
            is_over = passes > _MAX_PASSES or until.remaining() < CHANGE_SECONDS
            stage = [] if is_over else self._due(found, tried)
            if stage:
                known = self._pinned(shop, known, found, stage)
                report.account = known.account
                new = (one for one in found.drifted if one not in report.drifted)
                report.drifted += [one for one in new if one in stage]
            forget_gone(ledger, found)
            if not stage:
                report.done += keep_books(ledger, found)
                return known
            applying = Applying(shop.access, ledger, shop.addresses, until, self.hold)
            applied = applying.apply(stage)
            tried |= set(map(_key, applied.tried))
            report.done += applied.done
            report.failed += applied.failed
            if applied.stopped_by is not None:
                raise applied.stopped_by

    def _due(self, found: Look, tried: Collection["_Key"]) -> list[Change]:
        """What was not tried yet; deletions only once all else holds, as has been read back."""
        changes = found.plan.changes
        others = [one for one in changes if one.action is not Action.DELETE]
        due = [one for one in others or changes if _key(one) not in tried]
        return due[: max(self.max_changes - len(tried), 0)]

    def _pinned(self, shop: Shop, known: Record, found: Look, stage: list[Change]) -> Record:
        """Before anything is created it has to be known whose shop that is, if it can be."""
        if found.account is not None or all(one.action is not Action.CREATE for one in stage):
            return known
        account = shop.access.account()
        check_account(known.account, account)
        return replace(known, account=known.account or account)

    def _record(self, known: Record, report: Report, began: datetime) -> Record:
        record = replace(
            known,
            outcome=report.outcome.value,
            cause=report.cause,
            ran_at=began,
            changed_at=self.now() if report.done else known.changed_at,
        )
        if report.look is None:
            return record
        entries = report.look.plan.entries
        lines = tuple(Line.of(one) for one in entries if one.action is not Action.FOREIGN)
        wrong_since = (known.wrong_since or began) if report.wrong else None
        return replace(record, lines=lines, listed_at=began, wrong_since=wrong_since)


def _at_rest(known: Record) -> Record:
    """What is known of a store that is off: nothing is wrong with it."""
    return replace(known, lines=(), wrong_since=None)


_Key = tuple[Action, str | None, str | None]


def _key(change: Change) -> _Key:
    return change.action, change.slot, change.id


def _outcome(report: Report) -> Outcome:
    if report.error is not None or (report.wrong and report.failed):
        return Outcome.FAILED
    if report.wrong:
        return Outcome.DIFFERENT
    return Outcome.CHANGED if report.done else Outcome.AS_DESIRED


def _signature(record: Record) -> object:
    wrong = [(one.action, one.slot, one.reason) for one in record.lines if not one.is_right]
    return record.outcome, record.cause, wrong
