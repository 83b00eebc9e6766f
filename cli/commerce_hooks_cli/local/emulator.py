"""The emulator's process: `python -m commerce_hooks_cli.local.emulator`."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.local.environment import emulator_environment
from commerce_hooks_cli.local.fake_platforms import fake_platforms_serving
from commerce_hooks_cli.local.orders import Ports, Refusal, from_line, to_line
from commerce_hooks_cli.local.state import forget_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_hooks_cli.local.orders import Order

_LOOPBACK = "127.0.0.1"
_WAITING_CONNECTIONS = 128


class Starter:
    """Whoever started this process, at the other end of its standard input and output."""

    def __init__(self) -> None:
        self._ears = sys.stdin.buffer
        # What ministack and the functions print joins the log instead.
        self._mouth = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def hear(self) -> Iterator[Any]:
        """What it says, until it is gone."""
        return (from_line(line) for line in self._ears)

    def tell(self, said: object) -> None:
        self._mouth.write(to_line(said))
        self._mouth.flush()


def main() -> None:
    """Do as ordered on standard input, and leave nothing behind."""
    starter = Starter()
    order: Order = next(starter.hear())
    try:
        listeners = _listen(0), _listen(order.front_port)
    except OSError as error:
        starter.tell(Refusal(order.front_port, (error.strerror or "unknown reason").lower()))
        return
    control, front = (listener.getsockname()[1] for listener in listeners)
    with fake_platforms_serving(order.platform_secret) as platforms:
        ports = Ports(control, front, platforms)
        os.environ.update(emulator_environment(order, ports.control))
        starter.tell(ports)
        asyncio.run(_serve_and_leave(order, ports, listeners, starter))


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # elsewhere this option would share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((_LOOPBACK, port))
    # Nobody else gets the port from here on, and requests wait until they are served.
    listener.listen(_WAITING_CONNECTIONS)
    return listener


async def _serve_and_leave(
    order: Order, ports: Ports, listeners: tuple[socket.socket, ...], starter: Starter
) -> None:
    try:
        # Not before now, because ministack reads the environment when it is imported.
        from commerce_hooks_cli.local.serving import Serving

        await Serving(order, ports, starter).run(listeners)
    finally:
        shutil.rmtree(order.run_directory, ignore_errors=True)
        forget_state(order.state_directory, order.identity)
        # At once, because threads of ministack may still wait for a function or a poll.
        os._exit(0)


if __name__ == "__main__":
    main()
