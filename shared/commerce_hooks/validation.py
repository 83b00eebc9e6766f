"""A body against its topic's schema: the places and kinds of what is wrong, never the values."""

from functools import cache
from typing import TypeVar

from pydantic import ValidationError

from commerce_hooks.decoding import JsonObject
from commerce_hooks.errors import Problem, QuarantineError, Reason
from commerce_hooks.schemas.callback_body import CallbackBody

Body = TypeVar("Body", bound=CallbackBody)


def validated(schema: type[Body], data: JsonObject) -> Body:
    """Read the data with the schema.

    Raises:
        QuarantineError: It does not fit.
    """
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        names = _field_names(schema)
        problems = [
            Problem(_masked(found["loc"], names), found["type"])
            for found in error.errors(include_input=False, include_context=False, include_url=False)
        ]
        # `from None`: pydantic's message holds the input.
        raise QuarantineError(Reason.INVALID, problems) from None


@cache  # A bulk may have many parts that are refused, and a description takes milliseconds.
def _field_names(schema: type[CallbackBody]) -> frozenset[str]:
    described = schema.model_json_schema()
    models = [described, *described.get("$defs", {}).values()]
    return frozenset(name for model in models for name in model.get("properties", {}))


def _masked(loc: tuple[str | int, ...], names: frozenset[str]) -> tuple[str | int, ...]:
    # A key that the schema doesn't know is the sender's text: it may be personal data.
    return tuple(part if isinstance(part, int) or part in names else "*" for part in loc)
