"""Checks of the stores: what is configured can be read, and has what it takes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.stores import StoreId, credentials_path
from commerce_hooks_cli.checkup import Check, Finding, good, warning, wrong
from commerce_hooks_cli.configured_stores import configured_stores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from commerce_hooks.stores import StoreConfiguration
    from commerce_hooks_cli.patient import Patient

_NAMED = 5


def checks_of_stores(patient: Patient) -> list[Check]:
    looks = {
        "configurations": _configurations,
        "credentials": _credentials,
        "callback URLs": _urls,
    }
    return [Check("stores", name, partial(look, patient)) for name, look in looks.items()]


def platforms_with_access(functions: Path) -> set[str]:
    """The platforms whose API we can call, by their folders: then a store has credentials."""
    return {
        folder.parent.name
        for folder in functions.glob("*/webhook.py")
        if (folder.parent / "access.py").exists()
    }


def _configurations(patient: Patient) -> Finding:
    stores = _stores(patient)
    unreadable = [store for store, configuration in stores.items() if configuration is None]
    if unreadable:
        return wrong(
            f"unreadable: {_names(unreadable)}",
            f"Add them anew: {patient.command('stores add PLATFORM STORE')}",
        )
    return good(f"{len(stores)}, all readable")


def _credentials(patient: Patient) -> Finding:
    """Whether they are there. What they are is not even asked for."""
    platforms = platforms_with_access(patient.checkout / "functions")
    wanted = [
        store
        for store, configuration in _stores(patient).items()
        # One that is never called at its platform needs none.
        if store.platform in platforms and (configuration is None or configuration.policy != "off")
    ]
    missing = sorted(set(wanted) - _with_credentials(patient)) if wanted else []
    if missing:
        return wrong(
            f"missing: {_names(missing)}",
            f"Add them: {patient.command('stores add PLATFORM STORE')}",
        )
    return good(f"{len(wanted)} stores need some, and have them")


def _with_credentials(patient: Patient) -> set[StoreId]:
    path = credentials_path(patient.deployment.name)
    pages = patient.deployment.client("ssm").get_paginator("describe_parameters")
    names = (
        told["Name"].removeprefix(f"{path}/")
        for page in pages.paginate(
            ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [path]}]
        )
        for told in page["Parameters"]
    )
    return {store for store in map(_store_called, names) if store}


def _store_called(name: str) -> StoreId | None:
    """None for what somebody put there under no store's name."""
    try:
        return StoreId.parse(name)
    except ValueError:
        return None


def _urls(patient: Patient) -> Finding:
    stores = _stores(patient)
    disabled = [store for store in stores if patient.ring.store(CallbackTarget(*store)).disabled]
    if disabled:
        return warning(
            f"disabled, so refused: {_names(disabled)}",
            f"If that is not meant: {patient.command('status PLATFORM STORE')}",
        )
    return good(f"enabled for all {len(stores)}")


def _stores(patient: Patient) -> Mapping[StoreId, StoreConfiguration | None]:
    return configured_stores(patient.deployment).all()


def _names(stores: Iterable[StoreId]) -> str:
    names = [str(store) for store in stores]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
