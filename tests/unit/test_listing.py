"""What lies in the bucket, page by page; and which bodies of bulks are not done with."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from commerce_hooks.listing import Listed, OpenBulk, Page, listed, open_bulks

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(key: str, minutes: int = 0) -> Listed:
    return Listed(key, NOON + minutes * MINUTE, 1)


def bodies(*names: str) -> list[str]:
    return [bulk.body.key for bulk in open_bulks(map(at, names))]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], []),
        (["a"], ["a"]),
        (["a", "a.progress", "a.swept"], ["a"]),
        (["a", "a.done", "a.progress", "a.swept", "b"], ["b"]),
        (["a.done", "a.progress"], []),
        (["a", "a.done", "a.progress"], []),
        (["a", "a.progress", "b", "b.done"], ["a"]),
        (["a", "b.done", "c", "c.done", "d"], ["a", "d"]),
        (["a.progress", "b"], ["b"]),
    ],
)
def test_a_bulk_is_open_until_it_is_done(found: list[str], expected: list[str]) -> None:
    assert found == sorted(found)
    assert bodies(*found) == expected


def test_a_body_whose_mark_is_not_listed_yet_is_not_told_of() -> None:
    def cut_short() -> Iterator[Listed]:
        yield from map(at, ("a", "a.progress", "b"))
        raise TimeoutError

    bulks = open_bulks(cut_short())

    assert next(bulks).body.key == "a"
    with pytest.raises(TimeoutError):
        next(bulks)


def test_what_is_noted_beside_a_body_is_told_with_it_and_what_was_last() -> None:
    (noted,) = open_bulks([at("a"), at("a.progress", 2), at("a.swept", 1)])
    (bare,) = open_bulks([at("a", 3)])

    assert noted == OpenBulk(at("a"), {".progress": NOON + 2 * MINUTE, ".swept": NOON + MINUTE})
    assert (noted.latest, bare.latest) == (NOON + 2 * MINUTE, NOON + 3 * MINUTE)


class Pages:
    """A bucket of three pages, the second of which is empty."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, float]] = []

    def page(self, folder: str, token: str | None, seconds: float) -> Page:
        self.asked.append((folder, token, seconds))
        following = {None: Page([at("x/1")], "2"), "2": Page([], "3"), "3": Page([at("x/2")], None)}
        return following[token]


def test_a_listing_goes_through_all_pages_with_the_time_that_each_may_take() -> None:
    pages, times = Pages(), iter([3.0, 2.0, 1.0])

    assert list(listed(pages, "x/", times.__next__)) == [at("x/1"), at("x/2")]

    assert pages.asked == [("x/", None, 3.0), ("x/", "2", 2.0), ("x/", "3", 1.0)]


def test_a_listing_ends_with_what_there_is_no_time_for() -> None:
    pages, times = Pages(), iter([3.0])

    def seconds() -> float:
        for left in times:
            return left
        raise TimeoutError

    found = listed(pages, "x/", seconds)

    assert next(found) == at("x/1")
    with pytest.raises(TimeoutError):
        next(found)
