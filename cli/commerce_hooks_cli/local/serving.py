"""ministack behind the guard and the front door, until somebody ends it."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app

from commerce_hooks_cli.local import bridge
from commerce_hooks_cli.local.fault_layer import FaultLayer
from commerce_hooks_cli.local.front_door import FrontDoor
from commerce_hooks_cli.local.guard import Guard
from commerce_hooks_cli.local.orders import FrontDoorOpen, OpenFrontDoor, StayOn
from commerce_hooks_cli.local.signatures import Credential

if TYPE_CHECKING:
    import socket

    from commerce_hooks_cli.local.emulator import Starter
    from commerce_hooks_cli.local.orders import Order, Ports

_REQUESTS_END_WITHIN = 1.0
_LOOK_EVERY = 2.0


class Serving:
    """One run of the emulator."""

    def __init__(self, order: Order, ports: Ports, starter: Starter) -> None:
        bridge.install()
        emulator = bridge.as_if_tls(bridge.remembering_headers(app))
        self._front_door = FrontDoor(emulator, bridge.too_large)
        faults = FaultLayer(emulator)
        self._operator = {order.access_key_id: Credential(order.secret_access_key)}
        self._guard = Guard(
            control_port=ports.control,
            front_port=ports.front,
            identity=order.identity,
            control=faults,
            front=self._front_door,
            credential_of=self._credential_of,
            switch=faults.switch,
            operator_of=self._operator.get,
        )
        self._folder = order.run_directory
        self._starter = starter
        self._end = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def run(self, listeners: tuple[socket.socket, ...]) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._soon_end())
        threading.Thread(target=self._follow_starter, daemon=True).start()
        config = Config()
        config.bind = [f"fd://{listener.detach()}" for listener in listeners]
        config.loglevel = "WARNING"
        config.graceful_timeout = _REQUESTS_END_WITHIN
        server = asyncio.ensure_future(serve(self._guard, config, shutdown_trigger=self._end.wait))
        over = asyncio.ensure_future(self._until_the_end())
        await asyncio.wait({server, over}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(bridge.end_functions)
        await asyncio.wait({server}, timeout=_REQUESTS_END_WITHIN)

    def _credential_of(self, access_key_id: str) -> Credential | None:
        return self._operator.get(access_key_id) or bridge.session_credential(access_key_id)

    def _follow_starter(self) -> None:
        """Do as the starter says. When it is gone, end, unless it said otherwise."""
        stays_on = False
        try:
            for said in self._starter.hear():
                match said:
                    case OpenFrontDoor(apis):
                        self._front_door.open(apis)
                        self._starter.tell(FrontDoorOpen())
                    case StayOn():
                        stays_on = True
        finally:
            if not stays_on:
                self._soon_end()

    async def _until_the_end(self) -> None:
        """Also once the folder is gone: with it went the record, and so nobody would find us."""
        while await asyncio.to_thread(self._folder.exists) and not self._end.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), _LOOK_EVERY)
        self._end.set()

    def _soon_end(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
