"""What is answered: which events it promises, and whether it is right."""

from collections.abc import Iterator
from http import HTTPStatus

from pydantic import BaseModel, Field, ValidationError

from load.orders import Outgoing, Told


class Answer(Told):
    """What came back for one request, or that nothing did.

    Args:
        status: HTTP's; 0 for none.
        outcome: What the answer says; without an answer, what went wrong.
        expected, events: The right outcome, and how many events it promises.
        event_ids: The events that it promises, those of a job too.
        ids: What they are about, in the same order, as far as that is known.
    """

    platform: str
    sample: str
    status: int
    outcome: str
    expected: str
    events: int
    milliseconds: float
    event_ids: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    @property
    def flaw(self) -> str:
        """What is wrong with it, in words; nothing if it is right.

        Deferred is as good as what was expected: the events come later.
        """
        if self.status != HTTPStatus.OK or self.outcome not in {self.expected, "deferred"}:
            return f"{self.sample}: {self.said}, and not {self.expected}"
        if len(self.event_ids) != self.events:
            return f"{self.sample}: {len(self.event_ids)} events promised, and not {self.events}"
        return ""

    @property
    def said(self) -> str:
        return (
            self.outcome if self.status in {0, HTTPStatus.OK} else f"{self.status} {self.outcome}"
        )

    @property
    def promised(self) -> Iterator[tuple[str, str | None]]:
        """Each event's id, and what it is about."""
        known = self.ids if len(self.ids) == len(self.event_ids) else (None,) * len(self.event_ids)
        return zip(self.event_ids, known, strict=True)


class _Body(BaseModel):
    """An answer's body, as far as it matters here."""

    status: str = ""
    error: str = ""
    callback_id: str = ""
    event_ids: tuple[str, ...] = ()
    queued: int = Field(0, ge=0, le=100_000)

    @property
    def promised(self) -> tuple[str, ...]:
        """The events that are named, and those that a job makes."""
        left = (f"{self.callback_id}.{number}" for number in range(self.queued))
        return (*self.event_ids, *left)


def answer_to(
    request: Outgoing, ids: tuple[str, ...], status: int, text: str | None, milliseconds: float
) -> Answer:
    """What was answered to a request about these ids. With 200 alone it promises events."""
    body = _parsed(text or "")
    return Answer(
        platform=request.platform,
        sample=request.sample,
        status=status,
        outcome=(body.status or body.error or "unreadable") if status else "no answer",
        expected=request.outcome,
        events=request.events,
        milliseconds=milliseconds,
        event_ids=body.promised if status == HTTPStatus.OK else (),
        ids=ids if body.status == "accepted" else (),
    )


def _parsed(text: str) -> _Body:
    try:
        return _Body.model_validate_json(text)
    except ValidationError:
        return _Body()
