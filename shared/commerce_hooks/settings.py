"""What the template tells a function through its environment."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Names and ARNs of our own resources; nothing secret stands in the environment."""

    # The environment holds credentials; an error must not quote from it.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    deployment: str = Field(alias="DEPLOYMENT", min_length=1)
    event_bus_arn: str = Field(alias="EVENT_BUS_ARN", pattern=r"^arn:[^:]+:events:")
    key_ring_arn: str = Field(alias="KEY_RING_ARN", pattern=r"^arn:[^:]+:secretsmanager:")
    payload_bucket: str = Field(alias="PAYLOAD_BUCKET", min_length=3)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read them.

        Raises:
            pydantic.ValidationError: One is missing or malformed: the template is at fault.
        """
        return cls.model_validate(dict(environment))
