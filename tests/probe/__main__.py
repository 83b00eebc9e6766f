"""Starts a local stack of its own, sends it everything, and tells what came of it in one table.

Exit code 1 if anything is not as it must be. It uses loopback only, a few connections at a time,
and stops by itself.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.deployment import local_deployment
from commerce_hooks_cli.local.stack import StartOptions, start, stop
from commerce_hooks_cli.local.state import LocalState
from probe.bus import Bus, payloads
from probe.callbacks import Callbacks
from probe.calls import Calls
from probe.hostile import Hostile
from probe.rows import Row, summary, table_of
from probe.wire import TimeUpError, Wire

_MOST_SECONDS = 180.0


def main() -> int:
    screen, began = Screen(), monotonic()
    with TemporaryDirectory(prefix="commerce-hooks-probe-") as folder:
        with screen.working("Starting a local stack ..."):
            state = start(StartOptions(directory=Path(folder) / ".local", detach=False))
        try:
            with screen.working("Sending samples and hostile requests ..."):
                rows = list(probed(state, began + _MOST_SECONDS))
        except TimeUpError:
            screen.warn(f"not done within {_MOST_SECONDS:.0f} seconds")
            return 1
        finally:
            stop(state)
    screen.show_uncut(table_of(rows))
    screen.show(summary(rows, monotonic() - began))
    return int(any(row.flaws for row in rows))


def probed(state: LocalState, until: float) -> Iterator[Row]:
    """Everything that can be sent, and what came of it."""
    deployment, wire = local_deployment(state), Wire(state.base_url, until)
    ring, stored = deployment.key_ring(), payloads(deployment)
    with Bus.followed(state) as bus:
        yield from Callbacks(deployment.deployment_name, wire, ring, bus, stored).rows()
        calls = Calls(wire, ring, bus)
        yield from (*calls.samples(), *calls.hostile())
        yield from Hostile(wire, ring, bus, stored).rows()
        yield _strays(bus)


def _strays(bus: Bus) -> Row:
    bus.take_all()
    strays = [f"{stray.source} {stray.detail_type}" for stray in bus.strays]
    flaws = sorted(set(strays))
    return Row("all", "events that no answer named", "", "", "", str(len(strays)), flaws, count=0)


if __name__ == "__main__":
    sys.exit(main())
