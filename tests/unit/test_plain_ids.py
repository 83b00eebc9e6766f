"""What may be logged of an id."""

import pytest

from commerce_hooks.plain_ids import plain_id, plain_ids


@pytest.mark.parametrize("id_", ["4711", "5f7c0e", "A-1/b", "gid://shop/1", "x" * 64])
def test_what_looks_like_an_id_may_be_logged(id_: str) -> None:
    assert plain_id(id_) == id_


@pytest.mark.parametrize("id_", [None, "", "x" * 65, "Jane Doe", "jane@example.com", "שלום", "1\n"])
def test_what_does_not_is_left_out(id_: str | None) -> None:
    assert plain_id(id_) is None


def test_of_several_the_others_stay_in_their_order() -> None:
    assert plain_ids(["2", "Jane Doe", None, "1"]) == ["2", "1"]
