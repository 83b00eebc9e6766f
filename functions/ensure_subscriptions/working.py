"""One errand: one round of one store, under a lease that the command takes, too."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.platform_access import Surroundings
from commerce_hooks.publishing import Published, Publishing
from commerce_hooks.state.leases import LEASE_SECONDS, Lease, LeaseHeldError, Leases
from commerce_hooks.store_parameters import StoreGoneError, StoreUnusableError
from commerce_hooks.subscriptions.events import events_of
from commerce_hooks.subscriptions.looking import Shop
from commerce_hooks.subscriptions.rounds import Outcome, Report, Rounds
from ensure_subscriptions.errands import Errand
from ensure_subscriptions.opening import NoApiError, Opening, StoreOffError

OWNER = "schedule"
"""Whom the lease names."""
TELL_SECONDS = 20.0
"""For the events of a round: the bus, and what stands behind it."""


class Observer(Protocol):
    """Where an operator reads what became of errands."""

    def ran(self, errand: Errand, run_id: str, report: Report) -> None: ...
    def not_run(self, errand: Errand, outcome: str, cause: str) -> None: ...
    def told(self, errand: Errand, run_id: str, published: Published) -> None: ...


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs errands. What is a store's own trouble ends here and is told; all else is raised.

    Args:
        deployment: What events call it.
        delivery: Of the rounds' events.
    """

    opening: Opening
    around: Surroundings
    deployment: str
    delivery: Publishing
    observer: Observer

    def work(self, errand: Errand, until: Deadline) -> None:
        """See to one store.

        Raises:
            UnavailableError: A service of ours failed: the errand has to come again.
        """
        leases = Leases(self.around.table, self.around.now)
        try:
            with leases.acquire(errand.store, OWNER, LEASE_SECONDS) as lease:
                self._round(errand, until, lease)
        except LeaseHeldError as error:
            # Whoever holds it does the same, and in an hour there is another errand.
            self.observer.not_run(errand, "busy", str(error))
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours is that store's alone: it
            # would come again and again, and keep the store's other errands waiting.
            cause = f"a fault of ours ({type(error).__name__})"
            Rounds(self.around.table, self.around.now, self.around.new_id).unlooked(
                errand.store, Outcome.FAILED, cause
            )
            self.observer.not_run(errand, "internal_error", cause)

    def _round(self, errand: Errand, until: Deadline, lease: Lease) -> None:
        around, store = self.around, errand.store
        hold = partial(lease.renew, LEASE_SECONDS)
        rounds = Rounds(around.table, around.now, around.new_id, hold=hold)
        try:
            shop = self.opening.shop(store, until)
        except NoApiError as error:
            self.observer.not_run(errand, "no_api", str(error))
        except StoreGoneError as error:
            self.observer.not_run(errand, "gone", str(error))
        except StoreOffError as error:
            rounds.unlooked(store, Outcome.OFF)
            self.observer.not_run(errand, Outcome.OFF.value, str(error))
        except StoreUnusableError as error:
            rounds.unlooked(store, Outcome.FAILED, str(error))
            self.observer.not_run(errand, "unusable", str(error))
        else:
            self._go(errand, shop, rounds, until)

    def _go(self, errand: Errand, shop: Shop, rounds: Rounds, until: Deadline) -> None:
        around = self.around
        report, run_id = rounds.go(shop, until), around.new_id()
        self.observer.ran(errand, run_id, report)
        events = events_of(shop, report, self.deployment, around.now(), run_id, errand.origin)
        if events:
            # What is kept nowhere is told by no later round either, but `status` shows it.
            until_told = Deadline(around.clock, TELL_SECONDS)
            self.observer.told(errand, run_id, self.delivery.publish(events, until_told))
