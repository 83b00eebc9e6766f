"""Rounds that an operator starts: one store after the other, each under its lease."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from commerce_hooks.state.leases import LEASE_SECONDS
from commerce_hooks.subscriptions.rounds import Outcome, Report, Rounds
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.subscription_agreement import Agreed, Agreement
from commerce_hooks_cli.subscription_looking import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from commerce_hooks.stores import StoreId
    from commerce_hooks.subscriptions.looking import Shop
    from commerce_hooks_cli.subscription_announcing import Announcing
    from commerce_hooks_cli.subscription_desk import SubscriptionDesk
    from commerce_hooks_cli.subscription_looking import Looked

_OWNER = "subscriptions apply"
_WORDS = {
    Outcome.AS_DESIRED: "as desired",
    Outcome.CHANGED: "as desired now",
    Outcome.DIFFERENT: "not as desired yet",
    Outcome.FAILED: "failed",
    Outcome.OFF: "left alone",
}


@dataclass(frozen=True)
class Applied:
    """What became of a store.

    Args:
        report: None if there was no round.
        problem: Why it failed, None if it did not.
    """

    store: StoreId
    report: Report | None = None
    problem: CommandError | None = None

    @property
    def outcome(self) -> str:
        return (self.report.outcome if self.report else Outcome.FAILED).value

    @property
    def in_words(self) -> str:
        return _WORDS[Outcome(self.outcome)]

    @property
    def failed(self) -> bool:
        return self.outcome == Outcome.FAILED.value

    @property
    def differs(self) -> bool:
        """Whether there is something left to do."""
        return self.outcome == Outcome.DIFFERENT.value


def apply_to(
    desk: SubscriptionDesk,
    looked: Sequence[Looked],
    announcing: Announcing,
    on_each: Callable[[str], None],
) -> Iterator[Applied]:
    """Make the subscriptions of each store what they should be; one at a time, as they are asked.

    Those that are off are passed over, and so are those that could not be looked at: nobody has
    seen what would be done there. Nothing is deleted or taken over that was not in the plan: a
    store where that would be is stopped there.

    Raises:
        UnavailableError: The state table does not answer, so no other store can be done either.
    """
    for one in looked:
        if one.off is not None:
            continue
        if one.problem is not None:
            yield Applied(one.store, problem=one.problem)
            continue
        on_each(f"{one.store} ...")
        yield _apply(desk, one, announcing)


def _apply(desk: SubscriptionDesk, one: Looked, announcing: Announcing) -> Applied:
    around = desk.stores.surroundings
    rounds = Rounds(around.table, around.now, around.new_id, new_account=desk.terms.new_account)
    try:
        with desk.stores.lease(one.store, _OWNER) as lease:
            rounds = replace(rounds, hold=partial(lease.renew, LEASE_SECONDS))
            until = desk.deadline()
            shop = _agreed(desk.shop_anew(one.store, until), one)
            report = rounds.go(shop, until)
    except CommandError as error:
        return Applied(one.store, problem=error)
    announcing.announce(shop, report)
    problem = None if report.error is None else in_words(desk, one.store, report.error)
    return Applied(one.store, report, problem)


def _agreed(shop: Shop, one: Looked) -> Shop:
    """The store, of which no more is deleted and taken over than was shown."""
    # About what is only planned for nobody was asked.
    agreement = Agreement() if one.policy == "plan" else Agreement.of(one.changes)
    return replace(shop, access=Agreed(shop.access, shop.addresses, agreement))
