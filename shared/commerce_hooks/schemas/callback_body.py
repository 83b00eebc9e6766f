"""What the models of all platforms' callback bodies have in common."""

import re
from abc import ABC, abstractmethod
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from commerce_hooks.schemas.fields import NUMBER_AS_ID

_DIGITS = re.compile(r"[0-9]{1,19}")


class CallbackBody(BaseModel, ABC):
    """A body as far as we rely on it; fields we do not name are kept as they come.

    Only what decides where an event goes is checked strictly. A callback is a hint to look again,
    so an odd price is for the consumer to see, not a reason to hold back: other fields that are
    documented have one of the types in `fields`, which says what they are and checks nothing.
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    @property
    @abstractmethod
    def resource_id(self) -> str | None:
        """The id of what the callback is about; None where the body does not say."""

    @property
    def account(self) -> str | None:
        """The platform's own identity of the shop, where the body tells."""
        return None

    @property
    def reported_topic(self) -> str | None:
        """The topic that the body names, in the platform's words."""
        return None

    @property
    def occurred_at(self) -> str | None:
        """When the platform says that it happened, as it says it."""
        return None


def _number_as_text(value: object) -> str:
    # `bool` is an `int` to Python, and `int("1_000")` is 1000: neither is an id.
    if type(value) is int and value >= 0:
        return str(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return str(int(value))
    raise PydanticCustomError("identifier", "an id must be a whole number or its digits")


NumericId = Annotated[str, BeforeValidator(_number_as_text), NUMBER_AS_ID]
"""A numeric id that may come as a number or as its digits; `7` and `"007"` are the same."""

PlatformWord = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""A short word of the platform's vocabulary, such as a topic."""
