"""Checks of the stores: what is configured can be read, and has what it takes."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.stores import StoreId, credentials_path
from commerce_hooks.subscriptions.records import all_records
from commerce_hooks_cli.checkup import Check, Finding, good, warning, wrong
from commerce_hooks_cli.configured_stores import configured_stores
from commerce_hooks_cli.state_table import open_state_table
from commerce_hooks_cli.subscription_status import is_wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from commerce_hooks.stores import StoreConfiguration
    from commerce_hooks.subscriptions.records import Record
    from commerce_hooks_cli.patient import Patient

_NAMED = 5
_LONG_AGO = timedelta(days=1)


def checks_of_stores(patient: Patient) -> list[Check]:
    looks = {
        "configurations": _configurations,
        "credentials": _credentials,
        "callback URLs": _urls,
        "subscriptions": _subscriptions,
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


def _subscriptions(patient: Patient) -> Finding:
    """Whether they were as desired at the last look. No platform is asked."""
    platforms = platforms_with_access(patient.checkout / "functions")
    kept = {
        store: one
        for store, one in _stores(patient).items()
        if store.platform in platforms
        and one is not None
        and one.policy != "off"
        and not patient.ring.store(CallbackTarget(*store)).disabled
    }
    # One that cannot be read tells as little as none; the next look writes it anew.
    table = open_state_table(patient.deployment)
    records = {one.store: one for one in all_records(table, lambda _: None)}
    bad = [store for store, one in kept.items() if is_wrong(records.get(store), one)]
    if bad:
        mend = f"See why: {patient.command('subscriptions plan PLATFORM STORE')}"
        return wrong(f"not as desired, or not looked at: {_names(bad)}", mend)
    old = [
        store
        for store, one in kept.items()
        if patient.now - _looked_at(records.get(store), one) > _LONG_AGO
    ]
    if old:
        mend = f"Look yourself: {patient.command('subscriptions apply')}"
        return warning(f"not looked at for more than a day: {_names(old)}", mend)
    return good(f"as desired at the last look, of {len(kept)} stores")


def _looked_at(record: Record | None, configuration: StoreConfiguration) -> datetime:
    """When somebody looked last; a store that is new has not been waiting for longer."""
    looked = record.listed_at if record else None
    return looked or datetime.fromisoformat(configuration.added_at)


def _stores(patient: Patient) -> Mapping[StoreId, StoreConfiguration | None]:
    return configured_stores(patient.deployment).all()


def _names(stores: Iterable[StoreId]) -> str:
    names = [str(store) for store in stores]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
