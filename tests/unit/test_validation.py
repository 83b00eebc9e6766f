"""Problems name places and kinds; a key that no schema declares may be personal data."""

from typing import Any

import pytest
from pydantic import BaseModel

from commerce_hooks.errors import QuarantineError
from commerce_hooks.schemas.callback_body import CallbackBody
from commerce_hooks.validation import validated


class Line(BaseModel):
    quantity: int


class Body(CallbackBody):
    lines: list[Line] | None = None
    stock: dict[str, int] | None = None

    @property
    def resource_id(self) -> None:
        return None


def places(data: dict[str, object]) -> list[tuple[str | int, ...]]:
    with pytest.raises(QuarantineError) as refused:
        validated(Body, data)  # type: ignore[arg-type]
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return [problem.loc for problem in refused.value.problems]


def test_declared_names_and_positions_are_shown() -> None:
    assert places({"lines": [{"quantity": 1}, {"quantity": "x"}]}) == [("lines", 1, "quantity")]


def test_a_schema_is_described_once_for_all_that_it_refuses() -> None:
    described = 0

    class Counted(Body):
        @classmethod
        def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
            nonlocal described
            described += 1
            return super().model_json_schema(*args, **kwargs)

    for _ in range(3):
        with pytest.raises(QuarantineError):
            validated(Counted, {"lines": [1]})

    assert described == 1


def test_a_key_of_the_sender_s_is_masked() -> None:
    assert places({"stock": {"jane.doe@example.com": "x"}}) == [("stock", "*")]
