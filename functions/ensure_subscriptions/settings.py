"""What the template tells this function alone."""

import json
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _urls(text: object) -> object:
    """`https://a.example,https://b.example` as they stand; spaces don't count."""
    urls = (url.strip().rstrip("/") for url in str(text).split(","))
    return tuple(filter(None, urls))


def _json(text: object) -> object:
    return json.loads(str(text)) if text else {}


class EnsureSettings(BaseModel):
    """Where callback URLs lead, and the queue of errands. Nothing in it is secret."""

    # The environment holds credentials; an error must not quote from it.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    queue_url: str = Field(alias="ENSURE_SUBSCRIPTIONS_QUEUE_URL", min_length=1)
    public_base_urls: Annotated[tuple[str, ...], BeforeValidator(_urls)] = Field(
        alias="PUBLIC_BASE_URL", min_length=1, max_length=1
    )
    api_urls: Annotated[tuple[str, ...], BeforeValidator(_urls)] = Field(
        alias="API_URL", min_length=1, max_length=1
    )
    former_base_urls: Annotated[tuple[str, ...], BeforeValidator(_urls)] = Field(
        alias="FORMER_BASE_URLS"
    )

    fake_platforms: Annotated[Mapping[str, str], BeforeValidator(_json)] = Field(
        alias="FAKE_PLATFORMS", default={}
    )
    """Base URLs on loopback, by platform. Only a local stack has any; the template names none."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read them.

        Raises:
            pydantic.ValidationError: One is missing or malformed: the template is at fault.
        """
        return cls.model_validate(dict(environment))

    @property
    def base_urls(self) -> tuple[str, ...]:
        """All that callback URLs begin with, or began with: those of now first."""
        urls = (*self.public_base_urls, *self.former_base_urls, *self.api_urls)
        return tuple(dict.fromkeys(urls))
