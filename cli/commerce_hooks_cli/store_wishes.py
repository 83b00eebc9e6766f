"""What a file of stores asks for, checked as a whole: either all of it can be, or nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_hooks.platform import SYNTHETIC_STORE
from commerce_hooks_cli.errors import BadUsageError
from commerce_hooks_cli.platforms import unknown
from commerce_hooks_cli.store_credentials import credentials_in, revealed
from commerce_hooks_cli.store_file import Problem
from commerce_hooks_cli.store_plan import CenitSettings, Desired
from commerce_hooks_cli.store_settings import (
    KnownPlatform,
    WrongSettingsError,
    checked_backing,
    configuration_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from commerce_hooks.stores import Policy, StoreId
    from commerce_hooks_cli.store_book import StoredCredentials
    from commerce_hooks_cli.store_file import Entry, Reference

_OF_CENIT = ("backed_by", "signed_only")


class Wishes:
    """The stores of a file, as they shall be; `problems` says why some cannot."""

    def __init__(
        self,
        known: Mapping[str, KnownPlatform],
        policy: Policy,
        added_at: str,
        read: Callable[[Reference], str],
    ) -> None:
        """`policy`: what applies where the file says none. `read`: looks a reference up."""
        self._known = known
        self._policy = policy
        self._added_at = added_at
        self._read = read
        self.problems: list[Problem] = []
        self.desired: dict[StoreId, Desired] = {}

    def take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            problems = list(self._take(entry))
            self.problems += [Problem(entry.line, text, str(entry.store)) for text in problems]

    def _take(self, entry: Entry) -> Iterator[str]:
        if entry.store.name == SYNTHETIC_STORE:
            yield f"{SYNTHETIC_STORE} is reserved: its events are no shop's."
            return
        platform = self._known.get(entry.store.platform)
        if platform is None:
            yield _told(unknown("platform", entry.store.platform, self._known))
            return
        try:
            self.desired[entry.store] = self._desired(platform, entry)
        except WrongSettingsError as error:
            yield from error.problems
        except BadUsageError as error:
            yield _told(error)

    def _desired(self, platform: KnownPlatform, entry: Entry) -> Desired:
        settings = dict(entry.settings)
        cenit = self._cenit(platform, {name: settings.pop(name, None) for name in _OF_CENIT})
        if platform.access is None and "policy" in entry.defaulted:
            del settings["policy"]
        default = "off" if platform.access is None else self._policy
        settings.setdefault("policy", default)
        configuration = configuration_of(platform, settings, self._added_at)
        credentials = self._credentials(platform, entry, configuration.policy)
        return Desired(configuration, credentials, cenit)

    def _cenit(self, platform: KnownPlatform, settings: dict[str, Any]) -> CenitSettings:
        if platform.name == "cenit":
            backed_by = settings["backed_by"]
            if backed_by is not None:
                backed_by = checked_backing(self._known, backed_by)
            return {"backed_by": backed_by, "signed_only": bool(settings["signed_only"])}
        said = [name for name, value in settings.items() if value is not None]
        if said:
            raise WrongSettingsError([f"{name} is for cenit only." for name in said])
        return {}

    def _credentials(
        self, platform: KnownPlatform, entry: Entry, policy: Policy
    ) -> StoredCredentials | None:
        if entry.credentials is None:
            if platform.access is not None and policy != "off":
                raise BadUsageError(
                    f"{platform.name} is called with credentials.",
                    "Say where they are, or `policy: off`.",
                )
            return None
        if platform.access is None:
            raise BadUsageError(f"{platform.name} has no API, so it takes no credentials.")
        return revealed(credentials_in(platform.access, self._read(entry.credentials)))


def _told(error: BadUsageError) -> str:
    return f"{error.message} {error.hint}".rstrip()
