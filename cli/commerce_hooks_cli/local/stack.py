"""Start and stop the local stack."""

from __future__ import annotations

import importlib.util
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from commerce_hooks_cli.local.checkout import TEMPLATE, Checkout, find_checkout
from commerce_hooks_cli.local.child import EmulatorProcess, end_process
from commerce_hooks_cli.local.orders import Order
from commerce_hooks_cli.local.state import (
    LocalState,
    already_running,
    forget_state,
    read_state,
    write_state,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class StartOptions:
    """What can be chosen about a local stack."""

    stack: str = "commerce-hooks-local"
    port: int = 0  # of the front door; 0 takes a free one
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the template
    artifacts: Path | None = None  # what `sam build` made, .aws-sam/build, to run instead
    checkout: Path | None = None  # found by itself
    directory: Path | None = None  # of the record; <checkout>/.local
    region: str = "us-east-1"
    # False: the stack also ends when this process does, however that happens.
    detach: bool = True
    # True: without AWS's runtime client, as on systems that it doesn't exist for.
    plain_worker: bool = importlib.util.find_spec("awslambdaric") is None


def start(options: StartOptions, on_step: Callable[[str], None] = lambda _: None) -> LocalState:
    """Bring the stack up; returns when it answers. `on_step` hears what is being done.

    Leaves nothing behind if it fails or is interrupted.

    Raises:
        LocalStackRunningError: One is up already.
        StaleStateError: One is on record that no longer runs.
        PortBusyError: The port that was asked for is another program's.
        CheckoutNotFoundError: There is nothing to deploy.
        LocalStackError: The deployment failed.
    """
    checkout = Checkout(options.checkout) if options.checkout else find_checkout()
    directory = (options.directory or checkout.state_directory).absolute()
    running = read_state(directory)
    if running is not None:
        raise already_running(running)
    order = _order(options, directory)
    with _emulator(order) as emulator:
        state = _bring_up(options, checkout, order, emulator, on_step)
        write_state(state, directory)
        if options.detach:
            emulator.let_go()
    return state


def stop(state: LocalState) -> None:
    """End the stack's processes, then remove its folder and its record.

    Safe on a record that has become stale: another process with the same id is left alone.
    """
    end_process(state.pid, state.birth_mark)
    _remove(state.directory, state.identity)


def _order(options: StartOptions, directory: Path) -> Order:
    identity = secrets.token_hex(8)
    return Order(
        identity=identity,
        directory=str(directory / f"run-{identity}"),
        front_port=options.port,
        region=options.region,
        # ministack takes it for a root key and makes the functions' keys of it. Neither is of use
        # to anyone (guard, bridge), and still it is nothing that another user could know.
        account=f"{secrets.randbelow(10**12):012}",
        access_key_id=f"LOCAL{secrets.token_hex(8).upper()}",
        secret_access_key=secrets.token_urlsafe(40),
        platform_secret=secrets.token_urlsafe(32),
    )


@contextmanager
def _emulator(order: Order) -> Iterator[EmulatorProcess]:
    """An emulator that is gone, with its folder and record, if anything goes wrong."""
    order.state_directory.mkdir(parents=True, exist_ok=True)
    order.run_directory.mkdir(mode=0o700)
    emulator = None
    try:
        emulator = EmulatorProcess(order)
        yield emulator
    except BaseException:  # Ctrl-C too
        if emulator is not None:
            end_process(emulator.pid, emulator.birth_mark)
        _remove(order.run_directory, order.identity)
        raise


def _bring_up(
    options: StartOptions,
    checkout: Checkout,
    order: Order,
    emulator: EmulatorProcess,
    on_step: Callable[[str], None],
) -> LocalState:
    # Loaded here, because they are slow to load and the emulator starts meanwhile.
    from commerce_hooks_cli.local.deploy import Deployment
    from commerce_hooks_cli.local.template import Source, point_to_platforms, transform

    on_step("Transforming template.yaml")
    source = Source(
        options.artifacts.absolute() / TEMPLATE if options.artifacts else checkout.template,
        built=options.artifacts is not None,
        plain_worker=options.plain_worker,
    )
    deployable = transform(source, options.parameters, order.region)
    on_step("Starting the emulator")
    ports = emulator.ports()
    state = LocalState(
        pid=emulator.pid,
        birth_mark=emulator.birth_mark,
        identity=order.identity,
        control_url=f"http://127.0.0.1:{ports.control}",
        base_url=f"http://127.0.0.1:{ports.front}",
        stack=options.stack,
        region=order.region,
        account=order.account,
        access_key_id=order.access_key_id,
        secret_access_key=order.secret_access_key,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        directory=order.run_directory,
        platforms=ports.platforms,
        platform_secret=order.platform_secret,
    )
    point_to_platforms(deployable.template, ports.platforms)
    on_step("Deploying the stack")
    deployment = Deployment(options.stack, state.base_url, state.client)
    deployed = deployment.run(deployable, options.parameters)
    on_step("Opening the front door")
    emulator.open_front_door(deployed.apis)
    return replace(state, outputs=deployed.outputs)


def _remove(run_directory: Path, identity: str) -> None:
    shutil.rmtree(run_directory, ignore_errors=True)
    forget_state(run_directory.parent, identity)
