"""Starts a local stack of its own, loads it, and tells whether answers and events agree.

Exit code 1 if they don't, or if an answer is wrong; 2 for bad usage. It uses loopback only.
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT
from tempfile import TemporaryDirectory
from time import monotonic

from rich.console import Console

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.deployment import local_deployment
from commerce_hooks_cli.event_tail import EventTail
from commerce_hooks_cli.interruptions import signals_end_the_verb
from commerce_hooks_cli.local.stack import StartOptions, start, stop
from commerce_hooks_cli.local.state import LocalState
from load.accounts import Ledger
from load.course import Course
from load.orders import MOST_CONNECTIONS, MOST_SECONDS, Order
from load.outgoing import outgoing
from load.report import Progress, agreement, flaws, times, verdict
from load.sending import NotSentError, Sending

_LIVE_EVERY = 1.0
_LINE_EVERY = 5.0


def main() -> int:
    chosen = options().parse_args()
    screen = Screen()
    with (
        signals_end_the_verb(),
        TemporaryDirectory(prefix="commerce-hooks-load-") as name,
    ):
        folder = Path(name)
        with screen.working("Starting a local stack ..."):
            state = start(StartOptions(directory=folder / ".local", detach=False))
        try:
            order = order_for(state, chosen.seconds, chosen.connections)
            ledger = loaded(state, order, folder, screen)
        except NotSentError as error:
            screen.fail("The load could not be sent.", str(error))
            return 1
        finally:
            stop(state)
    return _told(screen, ledger, order)


def order_for(state: LocalState, seconds: float, connections: int) -> Order:
    """All samples, over and over."""
    requests = tuple(outgoing(local_deployment(state).key_ring()))
    return Order(
        base_url=state.base_url, seconds=seconds, connections=connections, requests=requests
    )


def loaded(state: LocalState, order: Order, folder: Path, screen: Screen) -> Ledger:
    """Send the load, and take what comes of it."""
    live = Console(stderr=True).is_terminal
    with (
        EventTail(local_deployment(state), screen.warn) as events,
        screen.working("Sending ...") as now,
        Sending.of(order, folder) as sending,
    ):
        every = _LIVE_EVERY if live else _LINE_EVERY
        progress = Progress(now if live else screen.note, monotonic, every, order.seconds)
        return Course(sending, events, progress.tell, monotonic).to_the_end()


def _told(screen: Screen, ledger: Ledger, order: Order) -> int:
    whole = ledger.account()
    screen.show_uncut(times(ledger, order.seconds))
    screen.show("")
    screen.show_uncut(agreement(ledger))
    screen.show("")
    for flaw in flaws(whole):
        screen.fail(flaw)
    screen.show(verdict(whole))
    screen.show(f"{order.connections} connections. The figures are the emulator's, and not AWS's.")
    return int(bool(whole.flaws) or not whole.requests)


def options() -> ArgumentParser:
    parser = ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--seconds", type=_number(MOST_SECONDS), default=20)
    parser.add_argument("--connections", type=_number(MOST_CONNECTIONS), default=4)
    return parser


def _number(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            raise ArgumentTypeError(f"a whole number from 1 to {most}, not {text!r}")
        return int(text)

    return number


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + SIGINT)  # as SIGTERM does, and no traceback
