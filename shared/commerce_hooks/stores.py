"""Stores as their operator describes them: which shop, how, and apart from it its credentials."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, NamedTuple, Protocol, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from commerce_hooks.callback_urls import TOPIC_NAME
from commerce_hooks.keyring import PLATFORM_AND_STORE

Policy = Literal["off", "plan", "upsert", "sync"]
"""What may be done about a store's subscriptions: nothing, only telling what would be done,
creating and changing, or deleting as well."""
PRODUCTION = "production"
"""The environment of a platform that stores are in unless they say otherwise."""
SILENCE_HOURS = 48
MAX_SILENCE_HOURS = 24 * 90
_YEARS = range(2000, 3000)
"""Well within those that can be converted to UTC, whatever the offset."""
_Topic = Annotated[str, StringConstraints(pattern=rf"^(?:{TOPIC_NAME.pattern})$")]


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        known = moment.tzinfo is not None and moment.year in _YEARS
    except ValueError:
        known = False
    if not known:
        raise ValueError("no ISO 8601 of this millennium with an offset from UTC")
    return text


class StoreId(NamedTuple):
    """A store: its platform, and its name in callback URLs."""

    platform: str
    name: str

    def __str__(self) -> str:
        return f"{self.platform}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of `<platform>/<store>`.

        Raises:
            ValueError: It is not.
        """
        if not PLATFORM_AND_STORE.fullmatch(text):
            raise ValueError("not <platform>/<store>")
        platform, _, name = text.partition("/")
        return cls(platform, name)


class StoreConfiguration(BaseModel):
    """What an operator decides about a store. Nothing in it is secret.

    Args:
        label: Whose shop it is, for people: at most 100 characters.
        environment: One of the platform's, from a fixed list.
        topics: To be subscribed to; None means all but those that are mostly personal.
        silence_hours: So long nothing may come before somebody is told; 0 means never tell.
        expected_topics: Each of these, too, is told of when it has not come for so long.
        added_at: When it was added, ISO 8601 in UTC. Silence counts from then at the earliest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    label: str = Field(default="", max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
    environment: str = PRODUCTION
    topics: tuple[_Topic, ...] | None = None
    policy: Policy = "upsert"
    silence_hours: int = Field(default=SILENCE_HOURS, ge=0, le=MAX_SILENCE_HOURS)
    expected_topics: tuple[_Topic, ...] = ()
    added_at: Annotated[str, AfterValidator(_moment)]


def configuration_path(stack: str) -> str:
    """Below which SSM has the stores' configurations: `<path>/<platform>/<store>`."""
    return f"/commerce-hooks/{stack}/stores"


def credentials_path(stack: str) -> str:
    """The same of their credentials, as SecureStrings: who may read stores may not read these."""
    return f"/commerce-hooks/{stack}/credentials"


class Stores(Protocol):
    """All stores of a deployment, for one who may not see their credentials."""

    def all(self) -> Mapping[StoreId, StoreConfiguration | None]:
        """By id, sorted; None for one whose configuration cannot be read.

        Raises:
            UnavailableError: They can't all be told.
        """
        ...
