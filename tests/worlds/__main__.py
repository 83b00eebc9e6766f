"""Lets worlds converge and prints what happened; exit code 1 with the seed of one that does not."""

import sys
from argparse import ArgumentParser
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from rich.table import Table

from commerce_hooks_cli.console import Screen
from worlds.judging import WrongError
from worlds.playing import play

_CALLED = {
    "worlds": "worlds",
    "rounds": "rounds",
    "created": "subscriptions created",
    "updated": "updated in place",
    "deleted": "deleted",
    "drifts": "drifts mended",
    "conflicts": "conflicts reported",
    "failures": "lives in which a call failed",
    "crashes": "of these crashes",
}


def main() -> int:
    parser = ArgumentParser(prog="worlds", description=__doc__)
    parser.add_argument("--worlds", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first world")
    chosen = parser.parse_args()
    screen = Screen()
    try:
        with screen.working("Letting worlds converge ..."):
            counts = _side_by_side(chosen.worlds, chosen.seed)
    except WrongError as wrong:
        screen.fail(f"Not as it must be: {wrong}.", "make worlds WORLDS=1 WORLDS_SEED=<that world>")
        return 1
    table = Table(box=None, show_header=False)
    for name, words in _CALLED.items():
        table.add_row(words, str(counts[name]))
    screen.show_uncut(table)
    screen.show("all converged: nobody else's record touched, none made twice, no gap")
    return 0


def _side_by_side(worlds: int, seed: int) -> Counter[str]:
    """Half of them in a process each."""
    half = worlds // 2
    with ProcessPoolExecutor(2) as pool:
        shares = [pool.submit(play, half, seed), pool.submit(play, worlds - half, seed + half)]
        return sum((share.result() for share in shares), Counter())


if __name__ == "__main__":
    sys.exit(main())
