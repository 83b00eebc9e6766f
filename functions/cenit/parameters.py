"""A call's parameters from its path, query and body, in one object."""

from cenit.calls import Call, Place
from cenit.services import Command
from commerce_hooks.decoding import JsonObject, JsonValue, decode_object
from commerce_hooks.errors import Problem, QuarantineError, Reason


def parameters_of(call: Call, place: Place, command: Command) -> JsonObject:
    """The parameters; a value may be given in more than one place if it is the same.

    The body is JSON whatever the Content-Type says: Cenit sends a JSON text as a form unless
    it is told not to. No body, or a blank one, is good too.

    Raises:
        QuarantineError: The body is unreadable or too big to parse, a text holds what the bus
            cannot carry, or two values of a parameter differ.
    """
    body = call.request.body
    parameters: JsonObject = decode_object(body) if body.strip() else {}
    given = [*call.query]
    if command.id_name and place.id is not None:
        given.append((command.id_name, place.id))
    problems = [problem for pair in given if (problem := _add(parameters, *pair, command))]
    if problems:
        raise QuarantineError(Reason.INVALID, problems)
    return parameters


def _add(parameters: JsonObject, name: str, value: str, command: Command) -> Problem | None:
    # A name that the schema does not know is the sender's text: it may be personal data.
    shown = name if name in command.topic.schema.model_fields else "*"
    if not _encodable(name + value):
        return Problem((shown,), "lone_surrogate")
    if not _same(parameters.setdefault(name, value), value):
        return Problem((shown,), "conflict")
    return None


def _same(known: JsonValue, value: str) -> bool:
    """Whether a path or query, which have texts only, says the same as what is known."""
    return known == value or (type(known) is int and str(known) == value)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
