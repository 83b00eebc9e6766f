"""The state table on DynamoDB, and the one in memory that tests use: both keep the same rules."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from commerce_hooks.errors import UnavailableError
from commerce_hooks.state.table import Row, StateTable
from support.state_table import FakeStateTable, create_state_table, dynamo_table
from template.reading import as_written

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["DynamoDB", "in memory"])
def table(request: pytest.FixtureRequest) -> Iterator[StateTable]:
    if request.param == "in memory":
        yield FakeStateTable()
        return
    with mock_aws():
        create_state_table()
        yield dynamo_table()


def test_a_row_that_is_not_there_has_no_version_and_can_be_written(table: StateTable) -> None:
    absent = table.read("leases", "konimbo/acme")

    written = table.write(absent, {"until": "soon", "n": 1.5, "list": [None, {"a": True}]})

    assert not absent.exists
    assert written == table.read("leases", "konimbo/acme")
    assert written is not None
    assert written.data == {"until": "soon", "n": 1.5, "list": [None, {"a": True}]}


def test_who_read_before_somebody_else_wrote_writes_nothing(table: StateTable) -> None:
    early = table.read("leases", "konimbo/acme")
    first = table.write(early, {"by": "first"})

    assert table.write(early, {"by": "second"}) is None
    assert first is not None
    assert table.write(first, {"by": "third"}) is not None
    assert table.write(first, {"by": "fourth"}) is None
    assert table.read("leases", "konimbo/acme").data == {"by": "third"}


def test_who_read_before_somebody_else_wrote_removes_nothing(table: StateTable) -> None:
    first = table.write(table.read("leases", "a/b"), {"by": "first"})
    assert first is not None
    second = table.write(first, {"by": "second"})
    assert second is not None

    assert not table.remove(first)
    assert table.read("leases", "a/b") == second
    assert table.remove(second)
    assert not table.read("leases", "a/b").exists
    assert table.remove(second)


def test_a_row_made_anew_is_never_taken_for_the_one_before(table: StateTable) -> None:
    absent = table.read("tokens", "a/b")
    before = table.write(absent, {"of": "before"})
    assert before is not None
    assert table.remove(before)
    anew = table.write(absent, {"of": "anew"})

    assert table.write(before, {"of": "who slept"}) is None
    assert not table.remove(before)
    assert table.read("tokens", "a/b") == anew


def test_nor_where_only_the_newest_is_kept(table: StateTable) -> None:
    rows = []
    for minutes in (0, 1):
        table.write_newest("seen", "x", {}, NOON + minutes * MINUTE)
        rows.append(table.read("seen", "x"))

    assert not table.remove(rows[0])
    assert table.remove(rows[1])


def test_the_newest_stays_in_whatever_order_they_come(table: StateTable) -> None:
    assert table.write_newest("seen", "x", {"n": 1}, NOON)
    assert not table.write_newest("seen", "x", {"n": 2}, NOON - MINUTE)
    assert not table.write_newest("seen", "x", {"n": 3}, NOON)
    assert table.write_newest("seen", "x", {"n": 4}, NOON + MINUTE)
    assert table.read("seen", "x").data == {"n": 4}


def test_rows_of_a_kind_come_in_the_order_of_their_ids(table: StateTable) -> None:
    for kind, id_ in (("b", "x/2"), ("b", "x/1"), ("b", "y/1"), ("a", "x/0"), ("bb", "x/3")):
        table.write(Row(kind, id_), {})

    assert [row.id for row in table.rows("b")] == ["x/1", "x/2", "y/1"]
    assert [row.id for row in table.rows("b", "x/")] == ["x/1", "x/2"]
    assert list(table.rows("c")) == []


def test_what_a_row_holds_is_not_shown() -> None:
    assert "canary" not in repr(Row("tokens", "centry/acme", {"refresh_token": "canary"}, "v"))


@mock_aws
def test_a_query_of_many_pages_brings_all_rows() -> None:
    create_state_table()
    table = dynamo_table()
    for number in range(5):  # a page holds 1 MB
        table.write(Row("seen", str(number)), {"text": "x" * 300_000})

    assert [row.id for row in table.rows("seen")] == ["0", "1", "2", "3", "4"]


class LosesAnswers:
    """A client whose first write takes effect, and whose answer is lost."""

    def __init__(self) -> None:
        self._real = boto3.client("dynamodb")
        self.lost = 0

    def put_item(self, **asked: Any) -> Any:
        answer = self._real.put_item(**asked)
        if not self.lost:
            self.lost += 1
            raise TimeoutError
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.mark.parametrize("there", [False, True])
def test_a_write_whose_answer_was_lost_is_made_again_and_counts_once(*, there: bool) -> None:
    with mock_aws():
        create_state_table()
        row = Row("leases", "a/b")
        if there:
            row = dynamo_table(new_version=lambda: "before").write(row, {}) or row
        table = dynamo_table(make_client=LosesAnswers)

        written = table.write(row, {"by": "us"})

        assert written is not None
        assert written.data == {"by": "us"}
        assert table.read("leases", "a/b") == written


def test_when_a_row_may_go_stands_where_dynamodb_looks_for_it() -> None:
    with mock_aws():
        create_state_table()
        dynamo_table().write(Row("leases", "a/b"), {}, expires_at=NOON)

        (item,) = boto3.client("dynamodb").scan(TableName="state")["Items"]

    name = as_written().properties("StateTable")["TimeToLiveSpecification"]["AttributeName"]
    assert item[name] == {"N": str(int(NOON.timestamp()))}


@mock_aws
def test_a_table_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="table: ResourceNotFoundException"):
        dynamo_table().read("leases", "a/b")
