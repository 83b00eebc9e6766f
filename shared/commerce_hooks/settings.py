"""What the template tells a function through its environment."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _names(text: object) -> object:
    """`konimbo/a,konimbo/b` as a set; spaces don't count."""
    names = (name.strip() for name in str(text).split(","))
    return {name for name in names if name}


class Settings(BaseModel):
    """Names and ARNs of our own resources; nothing secret stands in the environment."""

    # The environment holds credentials; an error must not quote from it.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    deployment: str = Field(alias="DEPLOYMENT", min_length=1)
    event_bus_arn: str = Field(alias="EVENT_BUS_ARN", pattern=r"^arn:[^:]+:events:")
    key_ring_cache_seconds: int = Field(alias="KEY_RING_CACHE_SECONDS", ge=1, le=300)
    key_ring_arn: str = Field(alias="KEY_RING_ARN", pattern=r"^arn:[^:]+:secretsmanager:")
    payload_bucket: str = Field(alias="PAYLOAD_BUCKET", min_length=3)
    bulk_queue_url: str = Field(alias="BULK_QUEUE_URL", min_length=1)
    outbox_queue_url: str = Field(alias="OUTBOX_QUEUE_URL", min_length=1)
    outbox_dead_letters_url: str = Field(alias="OUTBOX_DEAD_LETTERS_URL", min_length=1)
    sensitive_retention_days: int = Field(alias="SENSITIVE_RETENTION_DAYS", ge=1)
    max_inline_bytes: int = Field(alias="MAX_INLINE_BYTES", ge=1_000, le=1_000_000)
    state_table: str = Field(alias="STATE_TABLE", min_length=3)
    personal_data: Literal["full", "masked"] = Field(alias="PERSONAL_DATA")
    personal_topics: Annotated[frozenset[str], BeforeValidator(_names)] = Field(
        alias="PERSONAL_TOPICS"
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read them.

        Raises:
            pydantic.ValidationError: One is missing or malformed: the template is at fault.
        """
        return cls.model_validate(dict(environment))
