"""Callbacks of many shops that keep coming, one after another, while something else happens."""

from __future__ import annotations

from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Self

from commerce_hooks_cli.demo import exchange
from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks_cli.callbacks import Sender
    from commerce_hooks_cli.demo import Attempt, Exchange

    Shop = tuple[str, str]

_BETWEEN_CALLBACKS = 0.02
_ROUND_WITHIN = 30.0


class CallbackStream:
    """Calls each shop's URL in turn, from a thread, while it is open."""

    def __init__(self, sender: Sender, shops: Sequence[Attempt]) -> None:
        self._sender = sender
        self._shops = {shop_of(one): one for one in shops}
        self._called = Condition()
        self._over = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._exchanges: list[Exchange] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def exchanges(self) -> list[Exchange]:
        """All so far."""
        with self._called:
            return list(self._exchanges)

    def use(self, shop: Attempt) -> None:
        """The shop calls this URL from now on; its last call to another one has been answered."""
        with self._called:
            self._shops[shop_of(shop)] = shop

    def leave_out(self, shop: Shop) -> None:
        """The shop calls no more."""
        with self._called:
            self._shops.pop(shop, None)

    def wait_for_a_round(self) -> None:
        """Until each shop has called once more, from now on."""
        with self._called:
            before = len(self._exchanges)
            if not self._called.wait_for(lambda: self._all_since(before), _ROUND_WITHIN):
                raise CommandError("The callbacks have come to a halt.", "Try again.")

    def _all_since(self, before: int) -> bool:
        return self._shops.keys() <= {shop_of(one.attempt) for one in self._exchanges[before:]}

    def _run(self) -> None:
        while not self._over.is_set():
            for shop in self._names():
                self._call(shop)
                if self._over.wait(_BETWEEN_CALLBACKS):
                    return

    def _names(self) -> list[Shop]:
        with self._called:
            return list(self._shops)

    def _call(self, shop: Shop) -> None:
        """Under the lock, so that nobody changes the URL while it is being called."""
        with self._called:
            if shop in self._shops:
                self._exchanges.append(exchange(self._sender, self._shops[shop]))
                self._called.notify_all()


def shop_of(attempt: Attempt) -> Shop:
    return attempt.to.platform, attempt.to.store
