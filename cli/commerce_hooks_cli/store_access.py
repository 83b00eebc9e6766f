"""The platforms whose APIs we can call, and a store's own access opened with its credentials."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import PlatformError
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.platforms import platform_names
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.read_back import NotReadBackError
from commerce_hooks_cli.store_credentials import stored_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from commerce_hooks.platform_access import (
        Credentials,
        PlatformAccess,
        StoreAccess,
        Subscription,
        Surroundings,
    )
    from commerce_hooks.stores import StoreConfiguration, StoreId
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.store_book import StoreBook


def accesses(functions: Path) -> dict[str, PlatformAccess]:
    """By name, of every platform whose folder has an access.py."""
    return {
        name: import_module(f"{name}.access").ACCESS
        for name in platform_names(functions)
        if (functions / name / "access.py").exists()
    }


def open_store(
    deployment: Deployment,
    book: StoreBook,
    store: StoreId,
    known: Mapping[str, PlatformAccess] | None = None,
    surroundings: Surroundings | None = None,
) -> StoreAccess:
    """A store's access, with the credentials and in the environment that the book has.

    Args:
        deployment: Where the store is.
        book: The deployment's.
        store: Which.
        known: All accesses; the checkout's if None.
        surroundings: The real ones if None.

    Raises:
        CommandError: There is no such store, its platform has no API of ours to call, or what
            the book has of it does not do.
    """
    known = checkout_accesses() if known is None else known
    access = reached_from(deployment, access_called(known, store.platform))
    configuration = book.configuration(store)
    if configuration is None:
        raise CommandError(
            f"There is no store {store} that can be read.",
            f"`{command_to_type()} stores list` shows those there are.",
        )
    kept = book.credentials(store)
    if kept is None:
        raise CommandError(
            f"The store {store} has no credentials.",
            f"Give them with `{command_to_type()} stores add {store.platform} {store.name} "
            "--replace`.",
        )
    credentials = stored_credentials(access, store, kept)
    around = real_surroundings(deployment) if surroundings is None else surroundings
    return opened(access, store, configuration, credentials, around)


def opened(
    access: PlatformAccess,
    store: StoreId,
    configuration: StoreConfiguration,
    credentials: Credentials,
    surroundings: Surroundings,
) -> StoreAccess:
    """The same with what is at hand.

    Raises:
        CommandError: The configuration names an environment that is not the platform's.
    """
    environment = configuration.environment
    if environment not in access.environments:
        raise CommandError(
            f"{environment!r} is no environment of {access.name}.",
            f"There are: {', '.join(access.environments)}.",
        )
    return access.open(store, access.environments[environment], credentials, surroundings)


def reached_from(deployment: Deployment, access: PlatformAccess) -> PlatformAccess:
    """A platform as a deployment's stores reach it: those of a local stack call a fake one."""
    fake = deployment.fake_platforms.get(access.name)
    return access if fake is None else access.at(fake)


def read_back(
    deployment: Deployment,
    book: StoreBook,
    store: StoreId,
    known: Mapping[str, PlatformAccess] | None = None,
    surroundings: Surroundings | None = None,
) -> Sequence[Subscription] | None:
    """All of a store's subscriptions at its platform; None if it can't be asked.

    Raises:
        NotReadBackError: It could be asked and did not tell.
    """
    known = checkout_accesses() if known is None else known
    if store.platform not in known or not book.has_credentials(store):
        return None
    try:
        return open_store(deployment, book, store, known, surroundings).subscriptions()
    except (CommandError, PlatformError, UnavailableError) as error:
        raise NotReadBackError(str(error)) from error


def access_called(known: Mapping[str, PlatformAccess], platform: str) -> PlatformAccess:
    if platform not in known:
        raise CommandError(
            f"There is no API of {platform} that this command calls.",
            f"It calls those of: {', '.join(known) or 'none'}.",
        )
    return known[platform]


def checkout_accesses() -> dict[str, PlatformAccess]:
    from commerce_hooks_cli.local.checkout import find_checkout

    return accesses(find_checkout().root / "functions")


def real_surroundings(deployment: Deployment) -> Surroundings:
    """The network and the clock of the machine, and the deployment's table."""
    import time
    from datetime import UTC, datetime
    from uuid import uuid4

    from commerce_hooks.http.wire import Wire
    from commerce_hooks.platform_access import Surroundings
    from commerce_hooks_cli.state_table import open_state_table

    return Surroundings(
        transport=Wire(http_on_loopback=bool(deployment.fake_platforms)),
        table=open_state_table(deployment),
        now=lambda: datetime.now(UTC),
        clock=time.monotonic,
        pause=time.sleep,
        new_id=lambda: str(uuid4()),
    )
