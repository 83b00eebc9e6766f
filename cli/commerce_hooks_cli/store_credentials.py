"""A store's credentials as they are typed in, read and kept. No text here holds a value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from pydantic import SecretStr, ValidationError

from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.program import command_to_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

    from commerce_hooks.decoding import JsonValue
    from commerce_hooks.platform_access import Credentials, PlatformAccess
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.world import Prompt


def credentials_of(access: PlatformAccess, values: object) -> Credentials:
    """The platform's credentials of what was typed or read.

    Raises:
        BadUsageError: They are not, told field by field without a value.
    """
    if not isinstance(values, dict):
        raise BadUsageError("The credentials are no JSON object.", _example(access))
    try:
        return access.credentials.model_validate(values)
    except ValidationError as error:
        raise BadUsageError(
            f"These are no credentials of {access.name}: {'; '.join(_problems(access, error))}.",
            _example(access),
        ) from None


def credentials_in(access: PlatformAccess, text: str) -> Credentials:
    """The same of JSON.

    Raises:
        BadUsageError: It is no such JSON.
    """
    try:
        values = json.loads(text)
    except ValueError:
        # Without its cause, which would carry the text along.
        raise BadUsageError("The credentials are no JSON.", _example(access)) from None
    return credentials_of(access, values)


def stored_credentials(
    access: PlatformAccess, store: StoreId, values: Mapping[str, JsonValue]
) -> Credentials:
    """The same of what a deployment keeps.

    Raises:
        CommandError: The platform's access cannot do with it.
    """
    try:
        return credentials_of(access, dict(values))
    except BadUsageError as error:
        raise CommandError(
            f"The credentials kept of {store} will not do. {error.message}",
            f"Give them anew: `{command_to_type()} stores add {store.platform} {store.name} "
            "--replace`.",
        ) from None


def revealed(credentials: Credentials) -> dict[str, JsonValue]:
    """As they are kept: JSON with the secrets in it, without what is the default anyway."""
    text = json.dumps(
        credentials.model_dump(exclude_defaults=True), default=_reveal, sort_keys=True
    )
    kept: dict[str, JsonValue] = json.loads(text)
    return kept


def fields_set(values: Mapping[str, JsonValue], access: PlatformAccess) -> list[str]:
    """Which of the platform's fields are set; those within a field with a dot."""
    known = access.credentials.model_fields
    return sorted(
        name
        for field, value in values.items()
        if field in known and value is not None
        for name in (
            [f"{field}.{inner}" for inner in value] if isinstance(value, dict) else [field]
        )
    )


def prompted(access: PlatformAccess, prompt: Prompt) -> Credentials:
    """Ask for each field; secrets are not echoed. Optional ones may stay empty.

    Raises:
        BadUsageError: What was typed will not do, or a field is too rich to be typed.
    """
    values: dict[str, Any] = {}
    for name, field in access.credentials.model_fields.items():
        if not _can_be_typed(field):
            if field.is_required():
                raise BadUsageError(
                    f"{name} cannot be typed in.", "Give JSON with --credentials-from -."
                )
            continue
        question = field.description or name
        if not field.is_required():
            question = f"{question} (empty: {'none' if field.default is None else field.default})"
        typed = prompt(question, hidden=_is_secret(field), may_be_empty=not field.is_required())
        if typed:
            values[name] = typed
    return credentials_of(access, values)


def _reveal(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value)


def _problems(access: PlatformAccess, error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        # A field that is not the platform's may be a secret that slipped out of its place.
        name = problem["loc"][0] if problem["loc"] else None
        known = name in access.credentials.model_fields
        yield f"{name}: {_in_words(problem)}" if known else "there is an unknown field"


def _begun_small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _in_words(problem: Any) -> str:
    return "is missing" if problem["type"] == "missing" else _begun_small(problem["msg"])


def _example(access: PlatformAccess) -> str:
    fields = (
        f"{name}{'' if field.is_required() else ' (may be left out)'}"
        for name, field in access.credentials.model_fields.items()
    )
    return f"Fields of {access.name}: {', '.join(fields)}."


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in _kinds(field)


def _can_be_typed(field: FieldInfo) -> bool:
    return not any(
        getattr(kind, "__origin__", kind) in {dict, list, tuple} for kind in _kinds(field)
    )


def _kinds(field: FieldInfo) -> tuple[Any, ...]:
    return (field.annotation, *get_args(field.annotation))
