"""Which records are open, how old the oldest is, and which of them will be deleted soon."""

from datetime import UTC, datetime, timedelta

import pytest

from support.upkeep import MOMENT, prefix_called, record
from upkeep.records import SOON, Gauge, expires_at, watched


@pytest.mark.parametrize(
    ("kept_at", "expected"),
    [
        # The example of S3's user guide, and the two ends of a day.
        (datetime(2014, 1, 15, 10, 30, tzinfo=UTC), datetime(2014, 1, 19, tzinfo=UTC)),
        (datetime(2014, 1, 15, 0, 0, tzinfo=UTC), datetime(2014, 1, 18, tzinfo=UTC)),
        (datetime(2014, 1, 15, 0, 0, 1, tzinfo=UTC), datetime(2014, 1, 19, tzinfo=UTC)),
        (datetime(2014, 1, 15, 23, 59, 59, tzinfo=UTC), datetime(2014, 1, 19, tzinfo=UTC)),
    ],
)
def test_an_object_expires_at_midnight(kept_at: datetime, expected: datetime) -> None:
    assert expires_at(kept_at, 3) == expected


def test_nothing_open_is_zero_of_everything() -> None:
    gauge = Gauge(prefix_called("quarantine-sensitive"), MOMENT)

    assert (gauge.open, gauge.oldest_seconds, gauge.expiring) == (0, 0.0, 0)
    assert not gauge.at_least


def test_the_oldest_is_the_one_that_was_kept_first() -> None:
    gauge = Gauge(prefix_called("outbox"), MOMENT)
    for hours in (2, 5, 3):
        gauge.add(record("x", timedelta(hours=hours)))

    assert (gauge.open, gauge.oldest_seconds) == (3, 5 * 3600)


def test_a_record_of_this_very_moment_has_no_negative_age() -> None:
    gauge = Gauge(prefix_called("outbox"), MOMENT)
    gauge.add(record("x", timedelta(seconds=-2)))

    assert gauge.oldest_seconds == 0


def test_of_what_goes_after_five_days_the_last_two_count_as_expiring() -> None:
    gauge = Gauge(prefix_called("quarantine-sensitive"), MOMENT)
    # Kept on the third: due on the eighth, gone at the ninth's midnight, five hours ago.
    for day in range(3, 9):
        gauge.add(record("x", MOMENT - datetime(2026, 3, day, 12, tzinfo=UTC)))

    assert timedelta(days=2) == SOON
    assert (gauge.open, gauge.expiring) == (6, 3)


@pytest.mark.parametrize("name", ["quarantine", "outbox"])
def test_where_no_rule_deletes_what_is_open_nothing_is_expiring(name: str) -> None:
    gauge = Gauge(prefix_called(name), MOMENT)
    gauge.add(record("x", timedelta(days=400)))

    assert gauge.expiring is None


def test_every_prefix_that_holds_what_waits_is_watched() -> None:
    assert {prefix.name: prefix.expires_after_days for prefix in watched(7)} == {
        "outbox": None,
        "bulk": 7,
        "quarantine-sensitive": 7,
        "quarantine": None,
    }
