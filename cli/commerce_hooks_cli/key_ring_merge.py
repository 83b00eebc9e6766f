"""A ring out of an export brought together with the one that is there."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_hooks.errors import KeyRingInvalidError
from commerce_hooks.keyring import PLATFORM_AND_STORE, KeyRing, readable_settings
from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

_NOT_KEYS = {"sign", "stores"}


@dataclass(frozen=True)
class Merge:
    """What an import makes of the ring.

    Args:
        text: All of it.
        added: Ids of keys that are accepted again.
        replaced: Ids under which there will be another key than now.
        removed: Ids of keys that will no longer be accepted.
        retired: Keys of the export that stay retired.
        stores: Stores whose entries change, as `<platform>/<store>`.
        left: Stores of which the export says something else than what stays.
        was_usable: Whether the ring that is there is one.
    """

    text: str = field(repr=False)
    sign: str
    signed: str | None
    added: tuple[str, ...]
    replaced: tuple[str, ...]
    removed: tuple[str, ...]
    retired: tuple[str, ...]
    stores: tuple[str, ...]
    left: tuple[str, ...]
    was_usable: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "signs": self.sign,
            "signed_before": self.signed,
            "keys_added": list(self.added),
            "keys_replaced": list(self.replaced),
            "keys_removed": list(self.removed),
            "keys_left_retired": list(self.retired),
            "stores_changed": list(self.stores),
            "stores_left_as_they_are": list(self.left),
            "ring_was_usable": self.was_usable,
        }


def merged(
    current: str | None, exported: str, retired: AbstractSet[str], *, replace: bool
) -> Merge:
    """What to write.

    Nothing that is accepted today stops being accepted, unless `replace` puts the export in the
    place of everything. So entries of stores stay as they are, for an earlier entry could refuse
    URLs that are in use. Malformed ones refuse everything, and so does a damaged ring: there the
    export fills in what cannot be read, and what can be read counts, for it is later.

    Args:
        current: The secret's text, whatever it is; None if it has no value.
        exported: The export's.
        retired: Ids of keys that were retired on purpose. They stay so, unless one has to sign.
        replace: Take the export as it is.

    Raises:
        CommandError: The export is no key ring, or has other keys under the same ids.
    """
    theirs = _read(exported)
    if theirs is None:
        raise CommandError("The ring in the file is none that can be used.")
    here = _Parts.of(current)
    if replace:
        return _told(here, theirs, json.loads(exported), ())
    clashes = sorted(id_ for id_, key in theirs.keys.items() if here.keys.get(id_, key) != key)
    if clashes:
        raise CommandError(
            f"The ring has another key under the same name than the export: {', '.join(clashes)}.",
            "With --replace the export's takes its place: URLs made with the one here are then "
            "refused.",
        )
    sign = here.sign or theirs.sign
    stay = tuple(sorted(id_ for id_ in theirs.keys if id_ in retired - {sign, *here.keys}))
    keys = {id_: key for id_, key in theirs.keys.items() if id_ not in stay}
    stores = _merged_stores(here, json.loads(exported).get("stores", {}), theirs)
    ring = {"sign": sign, **keys, **here.keys, **({"stores": stores} if stores else {})}
    return _told(here, theirs, ring, stay)


@dataclass(frozen=True)
class _Parts:
    """What can be made out of a secret's text, be it damaged or not."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    sign: str | None = None
    stores: Mapping[str, Any] = field(default_factory=dict)
    malformed: frozenset[str] = frozenset()
    usable: bool = False

    @classmethod
    def of(cls, text: str | None) -> _Parts:
        ring = _read(text or "")
        if ring is not None:
            stores = json.loads(text or "").get("stores", {})
            return cls(ring.keys, ring.sign, stores, frozenset(ring.malformed), usable=True)
        return cls._salvaged(text or "")

    @classmethod
    def _salvaged(cls, text: str) -> _Parts:
        """Of a ring that cannot be used as a whole: functions may still be serving it."""
        found = None
        with suppress(ValueError, RecursionError):
            found = json.loads(text)
        if not isinstance(found, dict):
            return cls()
        pairs = ((id_, key) for id_, key in found.items() if id_ not in _NOT_KEYS)
        keys = {id_: key for id_, key in pairs if _is_key(id_, key)}
        stores = found.get("stores")
        named = {
            name: entry
            for name, entry in (stores.items() if isinstance(stores, dict) else ())
            if PLATFORM_AND_STORE.fullmatch(name)
        }
        malformed = (name for name, entry in named.items() if not _is_whole(name, entry))
        return cls(keys, stores=named, malformed=frozenset(malformed))


def _is_whole(name: str, entry: object) -> bool:
    return readable_settings(name, entry) == entry


def _is_key(id_: str, key: object) -> bool:
    """Whether a ring of this key alone would be one."""
    return _read(json.dumps({"sign": id_, id_: key})) is not None


def _merged_stores(here: _Parts, entries: Mapping[str, Any], theirs: KeyRing) -> dict[str, Any]:
    filled_in = {} if here.usable else entries
    mended = {
        name: {**entries[name], **readable_settings(name, here.stores[name])}
        for name in here.malformed & entries.keys() - set(theirs.malformed)
    }
    return {**filled_in, **here.stores, **mended}


def _told(here: _Parts, theirs: KeyRing, ring: dict[str, Any], retired: tuple[str, ...]) -> Merge:
    after = KeyRing.parse(json.dumps(ring))
    before, stores = here.stores, ring.get("stores", {})
    changed = {name for name in {*before, *stores} if before.get(name) != stores.get(name)}
    return Merge(
        text=json.dumps(ring),
        sign=after.sign,
        signed=here.sign,
        added=tuple(sorted(after.keys.keys() - here.keys.keys())),
        replaced=tuple(
            sorted(id_ for id_, key in after.keys.items() if here.keys.get(id_, key) != key)
        ),
        removed=tuple(sorted(here.keys.keys() - after.keys.keys())),
        retired=retired,
        stores=tuple(sorted(changed)),
        left=tuple(
            sorted(name for name, entry in theirs.stores.items() if after.stores.get(name) != entry)
        ),
        was_usable=here.usable,
    )


def _read(text: str) -> KeyRing | None:
    try:
        return KeyRing.parse(text)
    except KeyRingInvalidError:
        return None
