"""What a callback holds: its body decoded, its topic, and the data of each event in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from commerce_hooks.callback import Callback
from commerce_hooks.decoding import JsonObject, decode_object
from commerce_hooks.errors import Problem, QuarantineError, Reason
from commerce_hooks.form_values import typed, without_blanks
from commerce_hooks.forms import decode_form, looks_like_form
from commerce_hooks.platform import Platform, Topic


@dataclass(frozen=True, slots=True)
class Contents:
    """A callback's body, taken apart. Without a topic that we know, there is one part: all."""

    topic_name: str
    topic: Topic | None
    parts: Sequence[JsonObject]


def read(platform: Platform, callback: Callback) -> Contents:
    """Decode the body and find its topic. Nothing is validated yet.

    Raises:
        QuarantineError: The body is unreadable, names no topic, or holds nothing.
    """
    body, is_form = decoded(platform, callback.body)
    name = _topic_name(platform, callback, body)
    topic = platform.topics.get(name)
    parts = topic.parts(body) if topic else (body,)
    if not parts:
        raise QuarantineError(Reason.INVALID, (Problem((), "no_events"),))
    if topic and is_form:
        parts = [typed(topic.schema, part) for part in parts]
    if platform.takes_forms:
        # In both spellings, for a form can't tell an empty text from null.
        parts = [without_blanks(part) for part in parts]
    return Contents(name, topic, parts)


def decoded(platform: Platform, raw: bytes) -> tuple[JsonObject, bool]:
    """The body, and whether it is a form: the bytes decide, for the Content-Type is only a hint.

    Raises:
        QuarantineError: The body is unreadable.
    """
    if platform.takes_forms and looks_like_form(raw):
        return decode_form(raw), True
    return decode_object(raw), False


def _topic_name(platform: Platform, callback: Callback, body: JsonObject) -> str:
    if platform.topic_field is None:
        return callback.target.topic or ""
    name = body.get(platform.topic_field)
    if isinstance(name, str) and name:
        return name
    kind = "missing" if name is None else "string_type"
    raise QuarantineError(Reason.INVALID, (Problem((platform.topic_field,), kind),))
