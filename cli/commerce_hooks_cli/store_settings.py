"""What may be said about a store: checked against its platform, and told what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from commerce_hooks.platform import SYNTHETIC_STORE
from commerce_hooks.stores import PRODUCTION, StoreConfiguration, StoreId
from commerce_hooks_cli.errors import BadUsageError
from commerce_hooks_cli.platforms import checked_store, discover_platforms, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from commerce_hooks.platform import Platform
    from commerce_hooks.platform_access import PlatformAccess
    from commerce_hooks.stores import Policy
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.world import World

PRODUCTION_STAGE = "prod"


@dataclass(frozen=True)
class KnownPlatform:
    """What a store of a platform can be.

    Args:
        access: None where there is no API to call.
    """

    platform: Platform
    access: PlatformAccess | None

    @property
    def name(self) -> str:
        return self.platform.name

    @property
    def environments(self) -> tuple[str, ...]:
        return tuple(self.access.environments) if self.access else (PRODUCTION,)


class WrongSettingsError(Exception):
    """Some of what was said about a store cannot be. `problems` has a sentence for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def known_platforms(world: World) -> dict[str, KnownPlatform]:
    """All whose stores can be added by name: those that call us, and Cenit."""
    from cenit.services import PLATFORM as CENIT

    accesses = world.accesses()
    found = {**discover_platforms(world.checkout() / "functions"), CENIT.name: CENIT}
    return {name: KnownPlatform(one, accesses.get(name)) for name, one in found.items()}


def checked_store_id(known: Iterable[str], platform: str, name: str) -> StoreId:
    """The store of that name.

    Raises:
        BadUsageError: There is no such platform, or no store can have this name.
    """
    if platform not in known:
        raise unknown("platform", platform, known)
    if checked_store(name) == SYNTHETIC_STORE:
        raise BadUsageError(
            f"{SYNTHETIC_STORE!r} is reserved: its events are no shop's.", "Choose another name."
        )
    return StoreId(platform, name)


def checked_backing(known: Mapping[str, KnownPlatform], text: str) -> str:
    """The store that a Cenit store stands for, as `<platform>/<store>`.

    Raises:
        BadUsageError: No such store can be.
    """
    platform, _, name = text.partition("/")
    calling = [each for each in known if each != "cenit"]
    if platform not in calling:
        raise unknown("platform", platform, calling)
    return f"{platform}/{checked_store(name)}"


def default_policy(deployment: Deployment) -> Policy:
    """Where subscriptions are production's own business, they are kept; elsewhere only planned.

    A staging deployment knows production's shops, and must not act on their subscriptions
    unless somebody says so.
    """
    if deployment.local or deployment.stage == PRODUCTION_STAGE:
        return "upsert"
    return "plan"


def configuration_of(
    known: KnownPlatform, given: Mapping[str, Any], added_at: str
) -> StoreConfiguration:
    """The configuration that these settings make; None among them counts as not given.

    Raises:
        WrongSettingsError: They make none.
    """
    settings = {name: value for name, value in given.items() if value is not None}
    problems = list(_problems(known, settings))
    try:
        configuration = StoreConfiguration.model_validate({**settings, "added_at": added_at})
    except ValidationError as error:
        raise WrongSettingsError([*problems, *map(_in_words, error.errors())]) from None
    if problems:
        raise WrongSettingsError(problems)
    return configuration


def _problems(known: KnownPlatform, settings: Mapping[str, Any]) -> Iterator[str]:
    environment = settings.get("environment", PRODUCTION)
    if environment not in known.environments:
        yield _told(unknown(f"environment of {known.name}", environment, known.environments))
    for name in ("topics", "expected_topics"):
        for topic in settings.get(name, ()):
            if topic not in known.platform.topics:
                yield _told(unknown(f"topic of {known.name}", topic, known.platform.topics))
    if known.access is None and settings.get("policy", "off") != "off":
        yield f"{known.name} has no API for subscriptions: the policy can only be off."


def _told(error: BadUsageError) -> str:
    return f"{error.message} {error.hint}"


def _in_words(problem: Any) -> str:
    (name, *_) = problem["loc"]
    return f"{name}: {problem['msg']}."
