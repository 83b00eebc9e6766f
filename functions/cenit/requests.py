"""A genuine call of a command as the event it becomes. Pure: no clock, no network."""

from dataclasses import dataclass

from cenit.services import Command
from commerce_hooks.callback import Callback
from commerce_hooks.decoding import JsonObject
from commerce_hooks.errors import Problem, QuarantineError, Reason
from commerce_hooks.events import Event, EventBuilder
from commerce_hooks.forbidden_numbers import without_numbers


@dataclass(frozen=True, slots=True)
class Request:
    """An event that asks for something, and what Cenit is told once it is on the bus."""

    event: Event
    told: JsonObject


def request_of(
    callback: Callback, command: Command, sent: JsonObject, builder: EventBuilder
) -> Request:
    """What a genuine call with these parameters asks for.

    Raises:
        QuarantineError: The parameters are contradictory or invalid.
    """
    parameters = command.completed(callback.target.store, sent)
    event = builder.event(callback, command.topic, 0, parameters)
    if _holds_forbidden(event.resource_id or ""):
        problem = Problem((command.id_name or "",), "forbidden")
        raise QuarantineError(Reason.INVALID, (problem,))
    return Request(event, command.told(event.resource_id, parameters))


def _holds_forbidden(resource_id: str) -> bool:
    """Whether it is a card's number or a national id, written with more than digits.

    An event's metadata is not cleaned as its data is. Of digits alone nobody can tell.
    """
    return not resource_id.isdigit() and without_numbers(resource_id) != resource_id
