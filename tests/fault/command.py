"""Callbacks of all platforms while everything fails: prints its counts, and whether any was lost.

Exit code 1 with the seed and the story of what must not be, 2 for bad usage. No network is used.
"""

from argparse import ArgumentParser
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from random import SystemRandom
from time import monotonic

from rich.text import Text

from commerce_hooks_cli.console import Screen
from fault.cases import ViolationError
from fault.counts import Counts
from fault.report import answers, faults, gaps, lines
from fault.run import Run
from fault.schedule import scenes

SHARES = 2
"""Runs side by side, each with an account of its own. Not by the machine: a seed is a run."""
WHOLE = 10_000
"""So many callbacks have room for every combination."""


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _options().parse_args(arguments)
    screen, began = Screen(), monotonic()
    seed = SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    screen.show(f"{chosen.callbacks} callbacks, seed {seed}")
    with screen.working("Letting everything fail ..."):
        told = played_side_by_side(seed, chosen.callbacks)
    if isinstance(told, str):
        screen.show(Text(told))
        screen.fail(
            "Not as it must be.", f"make fault FAULT_CALLBACKS={chosen.callbacks} FAULT_SEED={seed}"
        )
        return 1
    screen.show_uncut(answers(told))
    screen.show_uncut(faults(told))
    screen.show(*lines(told), f"seed {seed}, {monotonic() - began:.0f} seconds")
    left_out = list(gaps(told)) if chosen.callbacks >= WHOLE else []
    for gap in left_out:
        screen.warn(f"not exercised: {gap}")
    return int(bool(left_out))


def played_side_by_side(seed: int, callbacks: int) -> Counts | str:
    """All shares, each in a process of its own; a story if something is not as it must be."""
    whole = Counts()
    with ProcessPoolExecutor(SHARES) as pool:
        shares = [pool.submit(played, seed, callbacks, share) for share in range(SHARES)]
    for told in (share.result() for share in shares):
        if isinstance(told, str):
            return told
        whole.add(told)
    return whole


def played(seed: int, callbacks: int, share: int) -> Counts | str:
    """One share of a run."""
    own = seed * SHARES + share
    mine = callbacks // SHARES + (share < callbacks % SHARES)
    try:
        run = Run(own)
        return run.go(scenes(mine, run.chance, share, SHARES))
    except ViolationError as violation:
        return f"share {share}: {violation}"


def _options() -> ArgumentParser:
    parser = ArgumentParser(prog="fault", description=__doc__)
    parser.add_argument("--callbacks", type=int, default=WHOLE)
    parser.add_argument("--seed", type=int, help="another run each time, if none is given")
    return parser
