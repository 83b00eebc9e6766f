"""What it takes to have a deployment's stores as desired: pure, the same every time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from commerce_hooks.stores import StoreConfiguration, StoreId
    from commerce_hooks_cli.store_book import StoredCredentials

CenitSettings = dict[str, bool | str | None]
"""`backed_by` and `signed_only` of a Cenit store; empty of others."""
_NOT_DECIDED = frozenset({"added_at"})
_UNREADABLE = "cannot be read"


@dataclass(frozen=True)
class Desired:
    """A store as it shall be; its `added_at` counts only if it is new.

    Args:
        credentials: None leaves those alone that it has.
    """

    configuration: StoreConfiguration
    credentials: StoredCredentials | None = field(default=None, repr=False)
    cenit: CenitSettings = field(default_factory=dict)


@dataclass(frozen=True)
class Existing:
    """A store as it is; its configuration is None where it cannot be read."""

    configuration: StoreConfiguration | None
    credentials: StoredCredentials | None = field(default=None, repr=False)
    cenit: CenitSettings = field(default_factory=dict)


class Action(StrEnum):
    """What is to be done about a store."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "unchanged"
    UNNAMED = "not in the file"


@dataclass(frozen=True)
class Difference:
    """One thing that is not as desired, in words. Credentials are said to differ, no more."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Change:
    """What is to be done about one store.

    Args:
        desired: None if the store is not in the file.
        enable: Its URLs are disabled; new ones are to be given out.
    """

    store: StoreId
    action: Action
    differences: tuple[Difference, ...] = ()
    desired: Desired | None = field(default=None, repr=False)
    existing: Existing | None = field(default=None, repr=False)
    enable: bool = False


def plan(
    desired: Mapping[StoreId, Desired],
    existing: Mapping[StoreId, Existing],
    given_up: AbstractSet[StoreId] = frozenset(),
) -> tuple[Change, ...]:
    """One change for each store that is desired or exists, in the order of their ids.

    Args:
        desired: What a file wants.
        existing: What there is.
        given_up: Stores whose URLs are disabled.
    """
    return tuple(
        _change(store, desired.get(store), existing.get(store), given_up)
        for store in sorted(desired.keys() | existing.keys())
    )


def _change(
    store: StoreId,
    desired: Desired | None,
    existing: Existing | None,
    given_up: AbstractSet[StoreId],
) -> Change:
    if desired is None:
        return Change(store, Action.UNNAMED, existing=existing)
    # Also if it is still there: a removal may have stopped half-way.
    enable = store in given_up
    differences = tuple(_differences(desired, existing))
    if enable:
        differences = (*differences, Difference("URLs", "disabled", "new ones"))
    if existing is None:
        return Change(store, Action.CREATE, differences, desired, enable=enable)
    action = Action.CHANGE if differences else Action.KEEP
    return Change(store, action, differences, desired, existing, enable=enable)


def _differences(desired: Desired, existing: Existing | None) -> Iterator[Difference]:
    before = _decided(existing) if existing else {}
    for what, after in _decided(desired).items():
        if what not in before:
            known = _UNREADABLE if existing else None
            yield Difference(what, known, _in_words(after))
        elif before[what] != after:
            yield Difference(what, _in_words(before[what]), _in_words(after))
    known_credentials = existing.credentials if existing else None
    if desired.credentials not in (None, known_credentials):
        yield Difference("credentials", "others" if known_credentials else None, "given")


def _decided(store: Desired | Existing) -> dict[str, Any]:
    configuration = store.configuration
    decided = configuration.model_dump(exclude=set(_NOT_DECIDED)) if configuration else {}
    return {**decided, **store.cenit}


def _in_words(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value) or "none"
    return str(value) or "-"
