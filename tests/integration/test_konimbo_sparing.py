"""A fifth of a Konimbo token's calls, over all runs: what the state table remembers of them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from moto import mock_aws

from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import NoResponseError, RateLimitedError
from commerce_hooks.http.transport import ApiRequest, ApiResponse
from commerce_hooks.state.table import StateTable
from konimbo.sparing import CALLS, MOST_CALLS, RATE_SECONDS, TRIES, Sparing
from support.state_table import FakeStateTable, create_state_table, dynamo_table, failing
from support.surroundings import NOON, FakeTime, surroundings

TOKEN = "konimbo-token-canary"
ID = sha256(TOKEN.encode()).hexdigest()[:32]
REQUEST = ApiRequest("GET", f"https://konimbo.example/v1/webhooks?token={TOKEN}")
FINE = ApiResponse(200)
SHARE = 20


@dataclass
class Konimbo:
    """A transport to it, and what it answers from now on; an exception is raised."""

    answer: ApiResponse | Exception = FINE
    calls: int = 0

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        assert (request, seconds) == (REQUEST, 5)
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def says(self, maximum: str, current: str = "1", status: int = 200) -> None:
        told = {"x-rate-limit-maximum": maximum, "x-rate-limit-current": current}
        self.answer = ApiResponse(status, told)


@dataclass
class Runs:
    """Runs of ours that share a table and nothing else."""

    table: Any = field(default_factory=FakeStateTable)
    konimbo: Konimbo = field(default_factory=Konimbo)
    time: FakeTime = field(default_factory=FakeTime)

    def run(self, token: str = TOKEN) -> Sparing:
        return Sparing(token, surroundings(self.konimbo, self.table, self.time))

    def call(self, times: int = 1, *, seconds_between: float = 0) -> None:
        """Each by another run."""
        for _ in range(times):
            self.run().exchange(REQUEST, 5)
            self.time.passed += seconds_between

    def refused(self) -> int | None:
        """In how many seconds it may be tried again. No call was made."""
        before = self.konimbo.calls
        with pytest.raises(RateLimitedError) as caught:
            self.call()
        assert self.konimbo.calls == before
        return caught.value.retry_after

    @property
    def data(self) -> Any:
        return self.table.read(CALLS, ID).data


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture(params=["DynamoDB", "in memory"])
def table(request: pytest.FixtureRequest) -> Iterator[StateTable]:
    if request.param == "in memory":
        yield FakeStateTable()
        return
    with mock_aws():
        create_state_table()
        yield dynamo_table()


def test_all_runs_together_make_a_fifth_of_the_calls(table: StateTable) -> None:
    runs = Runs(table)
    first, second = runs.run(), runs.run()
    for _ in range(SHARE // 2):
        first.exchange(REQUEST, 5)
        second.exchange(REQUEST, 5)

    for run in (first, second, runs.run()):
        with pytest.raises(RateLimitedError):
            run.exchange(REQUEST, 5)
    assert runs.konimbo.calls == SHARE


def test_one_run_reads_the_row_once() -> None:
    asked: list[str] = []
    runs = Runs(FakeStateTable(before_call=asked.append))
    run = runs.run()

    for _ in range(3):
        run.exchange(REQUEST, 5)

    assert asked == ["read", "write", "write", "write"]


def test_each_token_has_calls_of_its_own(runs: Runs) -> None:
    runs.call(SHARE)

    runs.run("another").exchange(REQUEST, 5)


def test_there_is_room_again_when_a_call_leaves_the_window(runs: Runs) -> None:
    runs.call(SHARE, seconds_between=10)

    assert runs.refused() == RATE_SECONDS - SHARE * 10
    runs.time.passed = RATE_SECONDS - 0.5
    assert runs.refused() == 1
    runs.time.passed = RATE_SECONDS
    runs.call()
    assert runs.refused() == 10
    runs.time.passed = 2 * RATE_SECONDS + SHARE * 10
    runs.call(SHARE)
    assert runs.refused() == RATE_SECONDS


def test_what_left_the_window_is_not_kept(runs: Runs) -> None:
    for _ in range(5):
        runs.call(SHARE)
        runs.time.passed += RATE_SECONDS

    assert len(runs.data["calls"]) == SHARE


def test_a_call_counts_though_no_answer_came(runs: Runs) -> None:
    runs.konimbo.answer = NoResponseError("Timeout")
    for _ in range(SHARE):
        with pytest.raises(NoResponseError):
            runs.call()

    assert runs.refused() == RATE_SECONDS


def test_the_table_holds_no_token_and_forgets_after_a_day(runs: Runs) -> None:
    runs.konimbo.says("50")
    runs.call()

    (row,) = runs.table.rows(CALLS)
    assert row.id == ID
    assert len(row.id) == 32
    assert row.data == {
        "calls": ["2026-03-09T12:00:00.000Z"],
        "maximum": 50,
        "limited_until": None,
    }
    assert runs.table.expiring[CALLS, ID] == NOON + timedelta(days=1)


@pytest.mark.parametrize("failing_call", ["read", "write"])
def test_without_the_table_no_call_is_made(failing_call: str) -> None:
    def before_call(call: str) -> None:
        if call == failing_call:
            failing(call)

    runs = Runs(FakeStateTable(before_call=before_call))

    with pytest.raises(UnavailableError):
        runs.call()
    assert runs.konimbo.calls == 0


def test_a_run_outlives_a_write_of_which_nothing_is_known(runs: Runs) -> None:
    """It may have taken effect: then what the run knew is old."""
    run = runs.run()
    run.exchange(REQUEST, 5)

    def took_effect_unheard(call: str) -> None:
        if call == "write":
            runs.table.before_call = lambda _: None
            runs.call()
            failing(call)

    runs.table.before_call = took_effect_unheard
    with pytest.raises(UnavailableError):
        run.exchange(REQUEST, 5)
    run.exchange(REQUEST, 5)

    assert len(runs.data["calls"]) == runs.konimbo.calls == 3


def test_two_runs_that_call_at_the_same_time_count_both(runs: Runs) -> None:
    run = runs.run()

    def another_first(call: str) -> None:
        if call == "write":
            runs.table.before_call = lambda _: None
            runs.call()

    runs.table.before_call = another_first
    run.exchange(REQUEST, 5)

    assert len(runs.data["calls"]) == runs.konimbo.calls == 2


def test_the_last_call_is_made_by_one_of_two_runs(runs: Runs) -> None:
    runs.call(SHARE - 1)
    run = runs.run()

    def another_first(call: str) -> None:
        if call == "write":
            runs.table.before_call = lambda _: None
            runs.call()

    runs.table.before_call = another_first
    with pytest.raises(RateLimitedError):
        run.exchange(REQUEST, 5)

    assert runs.konimbo.calls == SHARE


def test_who_loses_every_race_gives_up_and_makes_no_call(runs: Runs) -> None:
    lost: list[str] = []

    def another_first(call: str) -> None:
        if call == "write":
            lost.append(call)
            row = runs.table._rows.get((CALLS, ID))
            runs.table._put(CALLS, ID, {} if row is None else row.data, None)

    runs.table.before_call = another_first

    assert runs.refused() is None
    assert len(lost) == len(runs.time.paused) == TRIES


def test_threads_never_make_more_calls_than_a_fifth(runs: Runs) -> None:
    def until_refused(_: int = 0) -> None:
        run = runs.run()
        for _ in range(SHARE):
            try:
                run.exchange(REQUEST, 5)
            except RateLimitedError:
                return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(until_refused, range(8)))
    until_refused()  # others may have given up before

    assert len(runs.data["calls"]) == SHARE
    assert runs.konimbo.calls == SHARE


@pytest.mark.parametrize(
    ("maximum", "share"),
    [("30", 6), ("500", 100), ("4", 1), ("1", 1), ("999999999", MOST_CALLS)],
)
def test_another_limit_that_an_answer_tells_holds_for_all_runs(
    runs: Runs, maximum: str, share: int
) -> None:
    runs.konimbo.says(maximum)
    runs.call()
    runs.konimbo.answer = FINE

    runs.call(share - 1)

    assert runs.refused() == RATE_SECONDS
    assert runs.data["maximum"] == int(maximum)


@pytest.mark.parametrize("told", ["0", "", "x", "-5", "1e3", "100, 100", "9" * 10])
def test_a_limit_that_is_none_changes_nothing_and_spoils_no_answer(runs: Runs, told: str) -> None:
    runs.konimbo.says(told)
    runs.call(SHARE)

    assert runs.refused() == RATE_SECONDS
    assert runs.data["maximum"] is None


def test_under_a_lower_limit_calls_wait_until_enough_have_left(runs: Runs) -> None:
    runs.call(9, seconds_between=10)
    runs.konimbo.says("10")
    runs.call()

    # Of ten calls, ten seconds apart, the last may be left when the next is made.
    assert runs.refused() == 590
    runs.time.passed += 590
    runs.call()
    assert runs.refused() == 10


def test_a_limit_is_written_once_and_not_at_each_answer(runs: Runs) -> None:
    runs.konimbo.says("100")
    run = runs.run()
    for _ in range(3):
        run.exchange(REQUEST, 5)

    assert len(runs.table.writes) == 4


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (ApiResponse(401, {"x-rate-limit-current": "7", "x-rate-limit-maximum": "7"}), 600),
        (ApiResponse(429, {"retry-after": "30"}), 30),
        (ApiResponse(429), 600),
        (ApiResponse(429, {"retry-after": "99999"}), 600),
    ],
)
def test_when_konimbo_takes_no_more_calls_no_run_makes_any(
    runs: Runs, answer: ApiResponse, seconds: int
) -> None:
    run = runs.run()
    run.exchange(REQUEST, 5)
    runs.konimbo.answer = answer
    runs.call()
    runs.konimbo.answer = FINE

    with pytest.raises(RateLimitedError) as caught:
        run.exchange(REQUEST, 5)
    assert caught.value.retry_after == runs.refused() == seconds
    runs.time.passed += seconds - 1
    assert runs.refused() == 1
    runs.time.passed += 1
    runs.call()
    assert runs.data["limited_until"] is None


@pytest.mark.parametrize(("current", "status"), [("99", 401), ("100", 200), ("x", 401)])
def test_what_is_no_limit_holds_nobody_back(runs: Runs, current: str, status: int) -> None:
    runs.konimbo.says("100", current, status)
    runs.call()

    assert runs.data["limited_until"] is None


@pytest.mark.parametrize("lost", ["unavailable", "race"])
def test_an_answer_counts_though_what_it_says_of_the_limit_cannot_be_kept(
    runs: Runs, lost: str
) -> None:
    runs.konimbo.says("50")
    run = runs.run()

    def after_the_call(call: str) -> None:
        if runs.konimbo.calls and call == "write":
            if lost == "unavailable":
                failing(call)
            runs.table._put(CALLS, ID, runs.table._rows[CALLS, ID].data, None)

    runs.table.before_call = after_the_call
    assert run.exchange(REQUEST, 5) == runs.konimbo.answer
    runs.table.before_call = lambda _: None
    run.exchange(REQUEST, 5)

    assert runs.data["maximum"] == 50


def full(**changed: Any) -> dict[str, Any]:
    moments = [f"2026-03-09T11:59:{number:02}.000Z" for number in range(SHARE)]
    return {"calls": moments, "maximum": None, "limited_until": None, **changed}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"calls": full()["calls"]},
        full(calls="now"),
        full(calls=[5]),
        full(calls=["2026-03-09T12:00:00"]),
        full(maximum="many"),
        full(maximum=True),
        full(limited_until="soon"),
    ],
)
def test_a_row_that_cannot_be_read_is_written_over(runs: Runs, data: dict[str, Any]) -> None:
    runs.table._put(CALLS, ID, data, None)

    runs.call()

    assert runs.data == full(calls=["2026-03-09T12:00:00.000Z"])


def test_a_row_that_can_be_read_counts(runs: Runs) -> None:
    runs.table._put(CALLS, ID, full(), None)

    assert runs.refused() == 540


def test_a_clock_that_is_a_little_ahead_counts(runs: Runs) -> None:
    runs.time.passed = 60
    runs.call(SHARE)
    runs.time.passed = 0

    assert runs.refused() == RATE_SECONDS + 60


@pytest.mark.parametrize("year", ["2025", "2027", "9999"])
def test_a_clock_that_is_years_ahead_or_behind_holds_nobody_back(runs: Runs, year: str) -> None:
    moment = f"{year}-03-09T12:00:00.000Z"
    runs.table._put(CALLS, ID, full(calls=[moment] * SHARE, limited_until=moment), None)

    runs.call()

    assert runs.data == full(calls=["2026-03-09T12:00:00.000Z"])


def test_neither_token_nor_row_is_shown(runs: Runs) -> None:
    run: Callable[..., Any] = runs.run().exchange
    runs.call(SHARE)

    with pytest.raises(RateLimitedError) as caught:
        run(REQUEST, 5)

    assert "canary" not in f"{caught.value!r}{runs.table.read(CALLS, ID)!r}{runs.data}"
