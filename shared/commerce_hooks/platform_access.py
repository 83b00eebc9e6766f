"""The way to a platform's own API in a store's name: what its `access.py` brings, as ports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from commerce_hooks.http.transport import Transport
from commerce_hooks.state.table import StateTable
from commerce_hooks.stores import StoreId


class Credentials(BaseModel):
    """What a platform asks of a store. Secret fields are `SecretStr`; descriptions are prompts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A record at the platform: whom it calls about what.

    Args:
        topics: The platform's words.
        callback_url: A secret, whether it is ours or a stranger's.
        account: The platform's own identity of the shop, where the record tells.
    """

    id: str
    topics: frozenset[str]
    callback_url: str = field(repr=False)
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Desired:
    """A record as it should be.

    Args:
        slot: The topic in its URL; None where one record is for all topics.
        topics: The platform's words.
        callback_url: A secret.
    """

    slot: str | None
    topics: frozenset[str]
    callback_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found wrong.

    Args:
        problem: In the operator's words; it holds no secret.
        ask: What the shop can send to the platform's support, None where that is no help.
    """

    problem: str
    ask: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a real call said of a store's credentials. Without findings all is well."""

    findings: tuple[Finding, ...] = ()
    account: str | None = None


class StoreAccess(Protocol):
    """One store's way to its platform.

    Methods raise PlatformError (commerce_hooks.http.errors), and UnavailableError if the state
    table, where tokens are, does not answer.
    """

    def check(self) -> Checked:
        """Make a real call that changes nothing."""
        ...

    def subscriptions(self) -> Sequence[Subscription]:
        """All of them, of whomever: a listing that is not complete is an error."""
        ...

    def subscription(self, id_: str) -> Subscription:
        """One, also if the listing hides it.

        Raises:
            NotFoundError: It has none of that id, perhaps no longer.
        """
        ...

    def create_subscription(self, desired: Desired) -> str | None:
        """Create one, by a call that is not made again; its id, None if the answer tells none."""
        ...

    def update_subscription(self, id_: str, desired: Desired) -> None:
        """Let the record of this id have this URL and these topics and no others.

        Raises:
            NotFoundError: It has none of that id, perhaps no longer.
        """
        ...

    def account(self) -> str | None:
        """Ask for the platform's own identity of the shop; None where it tells nobody."""
        ...

    def delete_subscription(self, id_: str) -> None:
        """Delete one.

        Raises:
            NotOfferedError: The platform has no way to; somebody has to ask its support.
            NotFoundError: It has none of that id, perhaps no longer.
        """
        ...


@runtime_checkable
class Authorizable(Protocol):
    """What a store's access can do as well, where the shop has to consent once."""

    def authorize_url(self) -> str:
        """Where somebody of the shop consents, and is given a code. No secret is in it."""
        ...

    def authorize(self, code: str) -> None:
        """Exchange the code, which is good for once, and keep what it brings.

        Raises:
            AuthorizationLostError: The code is wrong, used or too old.
        """
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an access uses of the outside world.

    Args:
        clock: Monotonic, in seconds.
    """

    transport: Transport
    table: StateTable
    now: Callable[[], datetime]
    clock: Callable[[], float]
    pause: Callable[[float], None]
    new_id: Callable[[], str]


Open = Callable[[StoreId, str, Credentials, Surroundings], StoreAccess]
"""Opens a store's access: the store, its environment's base URL, its credentials."""


@dataclass(frozen=True, slots=True)
class PlatformAccess:
    """A platform whose API we can call. `functions/<platform>/access.py` has one as ACCESS.

    Args:
        environments: Base URLs by name. A store can be in no other place, whatever it says.
        deletes: Its API can delete a subscription.
    """

    name: str
    environments: Mapping[str, str]
    credentials: type[Credentials]
    open: Open
    deletes: bool = True

    def at(self, base_url: str) -> "PlatformAccess":
        """The same with all environments in one place: that of a fake platform."""
        return replace(self, environments=dict.fromkeys(self.environments, base_url))
