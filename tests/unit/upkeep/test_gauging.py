"""Counting in a bucket of any size: pages, tags, time that runs out, calls that fail."""

from datetime import timedelta

import pytest

from support.upkeep import Gauged, record
from upkeep.gauging import NotGaugedError

PREFIXES = ("outbox", "bulk", "quarantine-sensitive", "quarantine")


@pytest.fixture
def gauged() -> Gauged:
    return Gauged()


def test_an_empty_bucket_has_a_gauge_for_every_prefix(gauged: Gauged) -> None:
    gauges = gauged.round()

    assert {name: gauge.open for name, gauge in gauges.items()} == dict.fromkeys(PREFIXES, 0)
    assert gauged.noted.gauges == list(gauges.values())


def test_prefixes_are_counted_apart(gauged: Gauged) -> None:
    gauged.put(
        record("quarantine/a/b/c/1", timedelta(days=3)),
        record("quarantine/a/b/c/2"),
        record("quarantine-sensitive/a/b/c/3", timedelta(hours=1)),
        record("outbox/a/b/4.json", timedelta(minutes=1)),
        record("oversize/a/b/c/5"),
        record("shapes/a/b.json"),
    )

    gauges = gauged.round()

    assert {name: gauge.open for name, gauge in gauges.items()} == {
        "outbox": 1,
        "bulk": 0,
        "quarantine-sensitive": 1,
        "quarantine": 2,
    }
    assert gauges["quarantine"].oldest_seconds == timedelta(days=3).total_seconds()


def test_what_is_done_is_not_open(gauged: Gauged) -> None:
    for name in ("quarantine", "quarantine-sensitive"):
        old, new = f"{name}/a/b/c/1", f"{name}/a/b/c/2"
        gauged.put(record(old, timedelta(days=9)), record(new, timedelta(days=1)), done=[old])

        gauge = gauged.gauge(name)

        assert (gauge.open, gauge.oldest_seconds) == (1, 86_400)


def test_of_the_outbox_and_of_bulks_no_tag_is_asked_for(gauged: Gauged) -> None:
    gauged.put(record("outbox/a"), record("bulk/a"), record("bulk/b"), record("bulk/b.done"))

    assert (gauged.gauge("outbox").open, gauged.gauge("bulk").open) == (1, 1)
    assert gauged.bucket.asked == []


@pytest.mark.parametrize("page_size", [1, 7, 1_000])
def test_pages_make_no_difference(gauged: Gauged, page_size: int) -> None:
    gauged.bucket.page_size = page_size
    names = [f"{number:03}" for number in range(100)]
    gauged.put(
        *(record(f"quarantine/{name}") for name in names),
        *(record(f"bulk/{name}") for name in names),
        *(record(f"bulk/{name}.done") for name in names[:40]),
        *(record(f"bulk/{name}.progress") for name in names),
        done=[f"quarantine/{name}" for name in names[::4]],
    )

    quarantine, bulk = gauged.gauge("quarantine"), gauged.gauge("bulk")

    assert (quarantine.open, bulk.open) == (75, 60)
    assert not quarantine.at_least
    assert not bulk.at_least
    assert sorted(gauged.bucket.asked) == [f"quarantine/{name}" for name in names]


def test_when_time_runs_out_between_tags_it_is_at_least_so_many(gauged: Gauged) -> None:
    gauged.bucket.seconds_a_tag = 0.5
    gauged.put(*(record(f"quarantine/{number:03}") for number in range(100)))

    gauge = gauged.gauge("quarantine", seconds=20)

    assert gauge.at_least
    assert gauge.open == 64


def test_when_time_runs_out_between_pages_it_is_at_least_so_many(gauged: Gauged) -> None:
    gauged.bucket.page_size, gauged.bucket.seconds_a_page = 10, 2.0
    gauged.put(*(record(f"outbox/{number:03}") for number in range(100)))

    gauge = gauged.gauge("outbox", seconds=8)

    assert (gauge.open, gauge.at_least) == (30, True)


def test_of_bulks_the_last_one_seen_is_not_counted_then_for_it_may_be_done(
    gauged: Gauged,
) -> None:
    gauged.bucket.page_size, gauged.bucket.seconds_a_page = 3, 2.0
    gauged.put(record("bulk/a"), record("bulk/b"), record("bulk/c"), record("bulk/c.done"))

    gauge = gauged.gauge("bulk", seconds=4)

    assert (gauge.open, gauge.at_least) == (2, True)


def test_a_prefix_that_takes_long_leaves_the_others_their_time(gauged: Gauged) -> None:
    gauged.bucket.page_size, gauged.bucket.seconds_a_page = 1, 1.0
    gauged.put(*(record(f"outbox/{number}") for number in range(9)), record("quarantine/1"))

    gauges = gauged.round(seconds=20)

    assert [name for name, gauge in gauges.items() if gauge.at_least] == ["outbox"]
    assert gauges["quarantine"].open == 1


def test_what_one_prefix_does_not_need_the_next_may_take(gauged: Gauged) -> None:
    gauged.bucket.page_size, gauged.bucket.seconds_a_page = 1, 1.0
    gauged.put(*(record(f"quarantine/{number:02}") for number in range(12)))

    assert not gauged.round(seconds=20)["quarantine"].at_least


def test_without_time_nothing_is_begun(gauged: Gauged) -> None:
    gauged.put(record("outbox/a"))
    gauged.bucket.failing["outbox/"] = "asked"

    gauge = gauged.gauge("outbox", seconds=0)

    assert (gauge.open, gauge.at_least) == (0, True)


def test_a_record_that_is_gone_when_its_tags_are_asked_for_is_not_open(gauged: Gauged) -> None:
    gauged.put(record("quarantine/a"), record("quarantine/b"))
    page = gauged.bucket.page("quarantine/", None, 3)
    gauged.bucket.page = lambda *_: page  # type: ignore[method-assign]
    del gauged.bucket.objects["quarantine/a"]

    assert gauged.gauge("quarantine").open == 1


@pytest.mark.parametrize("failing", ["quarantine-sensitive/", "quarantine-sensitive/a"])
def test_one_prefix_that_fails_is_told_and_the_others_are_counted_first(
    gauged: Gauged, failing: str
) -> None:
    gauged.put(record("quarantine-sensitive/a"), record("quarantine/b"))
    gauged.bucket.failing[failing] = "AccessDenied"

    with pytest.raises(NotGaugedError, match=r"^quarantine-sensitive$"):
        gauged.round()

    assert gauged.noted.failures == {"quarantine-sensitive": "bucket: AccessDenied"}
    assert [gauge.prefix.name for gauge in gauged.noted.gauges] == ["outbox", "bulk", "quarantine"]
    assert gauged.noted.gauges[-1].open == 1
