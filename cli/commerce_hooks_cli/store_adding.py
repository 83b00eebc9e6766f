"""One store on its way into a deployment's book, with everything that has to be asked before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_hooks.callback import iso_utc
from commerce_hooks.platform_access import Authorizable
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.store_checking import check
from commerce_hooks_cli.store_credentials import (
    credentials_in,
    prompted,
    revealed,
    stored_credentials,
)
from commerce_hooks_cli.store_plan import Action, Desired, plan
from commerce_hooks_cli.store_screen import as_json, checked_as_json, in_words, show_checked
from commerce_hooks_cli.store_settings import (
    WrongSettingsError,
    checked_backing,
    configuration_of,
    default_policy,
)
from commerce_hooks_cli.store_writing import (
    cenit_settings,
    existing_store,
    given_up,
    make_so,
)

if TYPE_CHECKING:
    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.platform_access import Checked, Credentials
    from commerce_hooks.stores import Policy, StoreConfiguration, StoreId
    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.store_desk import StoreDesk
    from commerce_hooks_cli.store_plan import Change, Existing
    from commerce_hooks_cli.store_settings import KnownPlatform

_DONE = {Action.CREATE: "added", Action.CHANGE: "changed", Action.KEEP: "unchanged"}


@dataclass(frozen=True)
class Asked:
    """What was typed about the store, as it was typed."""

    settings: dict[str, Any]
    cenit: dict[str, Any]
    from_input: bool
    without_credentials: bool
    check: bool
    replace: bool
    new_urls: bool


class Adding:
    """One store on its way into the book."""

    def __init__(
        self,
        desk: StoreDesk,
        screen: Screen,
        store: StoreId,
        known: KnownPlatform,
        asked: Asked,
    ) -> None:
        self._desk = desk
        self._screen = screen
        self._store = store
        self._known = known
        self._asked = asked

    def add(self) -> dict[str, Any]:
        """What was done, for programs."""
        ring = self._desk.deployment.key_ring()
        existing = existing_store(self._desk.book, ring, self._store)
        # All that can be wrong with what was typed is said before anything is asked.
        configuration, cenit = self._configuration(), self._cenit(ring)
        self._may_replace(existing)
        credentials = self._credentials(existing)
        checked = self._checked(configuration, credentials or self._kept(existing))
        kept = None if credentials is None else revealed(credentials)
        desired = Desired(configuration, kept, cenit)
        known = {} if existing is None else {self._store: existing}
        (change,) = plan({self._store: desired}, known, given_up(ring))
        self._may_enable(change)
        self._may_refuse_tokens(change)
        make_so(self._desk.deployment, self._desk.book, [change])
        self._say(change, configuration)
        return {
            **as_json(self._store, configuration),
            "done": _DONE[change.action],
            "checked": None if checked is None else checked_as_json(checked),
            "first_callback": None,
        }

    def _configuration(self) -> StoreConfiguration:
        given = {**self._asked.settings, "policy": self._asked.settings["policy"] or self._policy()}
        now = iso_utc(self._desk.world.clock.now())
        try:
            configuration = configuration_of(self._known, given, now)
        except WrongSettingsError as error:
            first, *others = error.problems
            raise BadUsageError(first, " ".join(others)) from None
        if self._asked.without_credentials and configuration.policy != "off":
            raise BadUsageError(
                "Without credentials nothing can be done about its subscriptions.",
                "Leave --policy out, or give credentials.",
            )
        return configuration

    def _policy(self) -> Policy:
        if self._known.access is None or self._asked.without_credentials:
            return "off"
        return default_policy(self._desk.deployment)

    def _cenit(self, ring: KeyRing) -> dict[str, Any]:
        """What was said, beside what `cenit configure` has said already."""
        said = {name: value for name, value in self._asked.cenit.items() if value}
        if self._known.name != "cenit":
            if said:
                raise BadUsageError(
                    "--backed-by and --signed-only are for cenit only.", "Leave them out."
                )
            return {}
        if "backed_by" in said:
            checked_backing(self._desk.known, said["backed_by"])
        return {**cenit_settings(ring, self._store), **said}

    def _may_replace(self, existing: Existing | None) -> None:
        if existing is not None:
            there = f"There is a store {self._store} already."
            self._consent(there, "Change it?", "--replace", given=self._asked.replace)

    def _may_enable(self, change: Change) -> None:
        if change.enable:
            disabled = f"The URLs of {self._store} are disabled since it was removed."
            question = "Let it have new ones? The old ones stay refused."
            self._consent(disabled, question, "--new-urls", given=self._asked.new_urls)

    def _may_refuse_tokens(self, change: Change) -> None:
        """Cenit may call already, by a token: nobody has to add a store for that."""
        refuses = any(one.what == "signed_only" for one in change.differences)
        local = self._desk.deployment.local
        if refuses and self._asked.cenit["signed_only"] and not local:
            refused = f"Cenit's calls for {self._store} will be refused unless they are signed."
            question = "Is the signing key at Cenit, or does it not call yet?"
            self._consent(refused, question, "--replace", given=self._asked.replace)

    def _consent(self, fact: str, question: str, option: str, *, given: bool) -> None:
        """Go on only if the option was given, or somebody agrees."""
        if given:
            return
        ask = self._desk.world.ask
        if ask is None:
            raise BadUsageError(fact, f"Add {option} if you mean it. On a terminal you are asked.")
        if not ask(f"{fact} {question}"):
            raise CommandError("Nothing was done, as you wished.")

    def _credentials(self, existing: Existing | None) -> Credentials | None:
        """What was given; None if there are to be none, or those that are kept stay."""
        access, world = self._known.access, self._desk.world
        if access is None:
            if self._asked.from_input:
                raise BadUsageError(
                    f"{self._known.name} has no API that is called, so it takes no credentials.",
                    "Leave --credentials-from out.",
                )
            return None
        if self._asked.from_input:
            return credentials_in(access, world.read_input())
        if self._asked.without_credentials:
            return None
        has_some = existing is not None and existing.credentials is not None
        if world.prompt is None:
            if has_some:
                return None
            raise BadUsageError(
                f"The credentials of {self._store} are missing, and there is no terminal to ask.",
                "Give them as JSON: `--credentials-from -`; or add --no-credentials.",
            )
        if has_some and world.ask is not None and world.ask("Keep the credentials it has?"):
            return None
        return prompted(access, world.prompt)

    def _kept(self, existing: Existing | None) -> Credentials | None:
        if self._asked.without_credentials or existing is None or existing.credentials is None:
            return None
        if self._known.access is None:
            return None
        return stored_credentials(self._known.access, self._store, existing.credentials)

    def _checked(
        self, configuration: StoreConfiguration, credentials: Credentials | None
    ) -> Checked | None:
        """Before anything is written, so that good credentials are not replaced by bad ones."""
        if credentials is None or not self._asked.check:
            return None
        access = self._desk.open_with(self._store, configuration, credentials)
        with self._screen.working("Trying the credentials ..."):
            checked = check(access)
        if checked.findings and isinstance(access, Authorizable):
            self._screen.note(
                "The shop has to consent first: "
                f"`{self._desk.command('authorize', self._store)}` says how."
            )
            return checked
        show_checked(self._screen, self._store, checked)
        self._may_add(checked)
        return checked

    def _may_add(self, checked: Checked) -> None:
        if not checked.findings:
            return
        ask = self._desk.world.ask
        if ask is None or not ask("Add the store all the same?"):
            asks = " ".join(one.ask for one in checked.findings if one.ask)
            raise CommandError(
                f"{checked.findings[0].problem}. Nothing was written.",
                f"{asks} --no-check adds the store all the same.".strip(),
            )

    def _say(self, change: Change, configuration: StoreConfiguration) -> None:
        self._screen.show(f"The store {self._store} is {_DONE[change.action]}.")
        if change.action is Action.CHANGE:
            self._screen.show(*(f"  {in_words(one)}" for one in change.differences))
        if self._known.access is not None and self._asked.settings["policy"] is None:
            self._screen.note(
                f"Policy of its subscriptions: {configuration.policy}; {self._why(configuration)}"
            )

    def _why(self, configuration: StoreConfiguration) -> str:
        deployment = self._desk.deployment
        match configuration.policy:
            case "off":
                return "without credentials its platform is never called."
            case "upsert":
                where = "on this machine" if deployment.local else "of stage prod"
                return f"the deployment is {where}, so they may be created and changed."
        return (
            f"a deployment of stage {deployment.stage} only plans, and leaves alone what is "
            "production's."
        )
