"""The state table on DynamoDB: every write has a condition, and can be repeated safely."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from commerce_hooks.aws import Patience, error_code
from commerce_hooks.callback import iso_utc
from commerce_hooks.deadline import TABLE_SECONDS
from commerce_hooks.decoding import JsonValue
from commerce_hooks.state.table import Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LOST = "ConditionalCheckFailedException"
# A write whose answer was lost is made again, and must not take itself for somebody else's.
_UNCHANGED_OR_OURS = "version = :read OR version = :ours"
_ABSENT_OR_OURS = "attribute_not_exists(id) OR version = :ours"
_UNCHANGED_OR_GONE = "version = :read OR attribute_not_exists(id)"
_OLDER = "attribute_not_exists(id) OR moment < :moment"


class DynamoStateTable:
    """The table. Its client is made when it is first needed.

    Args:
        new_version: Never the same twice.
        seconds: What one call may take, repeats included.
    """

    def __init__(
        self,
        name: str,
        make_client: "Callable[[], DynamoDBClient]",
        patience: Patience,
        new_version: Callable[[], str],
        seconds: float = TABLE_SECONDS,
    ) -> None:
        self._name = name
        self._make_client = make_client
        self._patience = patience
        self._new_version = new_version
        self._seconds = seconds

    @cached_property
    def _client(self) -> "DynamoDBClient":
        return self._make_client()

    def read(self, kind: str, id_: str) -> Row:
        found = self._call(
            lambda: self._client.get_item(
                TableName=self._name, Key=_key(kind, id_), ConsistentRead=True
            )
        )
        return _row(found["Item"]) if "Item" in found else Row(kind, id_)

    def rows(self, kind: str, prefix: str = "") -> Iterator[Row]:
        start: dict[str, Any] = {}
        while True:
            page = self._page(kind, prefix, start)
            yield from map(_row, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def write(
        self, row: Row, data: Mapping[str, JsonValue], expires_at: datetime | None = None
    ) -> Row | None:
        version = self._new_version()
        values: dict[str, Any] = {":ours": {"S": version}}
        if row.exists:
            values[":read"] = {"S": row.version}
        item = {**_item(row.kind, row.id, data, expires_at), "version": {"S": version}}
        condition = _UNCHANGED_OR_OURS if row.exists else _ABSENT_OR_OURS
        written = self._put(item, condition, values)
        return Row(row.kind, row.id, dict(data), version) if written else None

    def write_newest(
        self,
        kind: str,
        id_: str,
        data: Mapping[str, JsonValue],
        moment: datetime,
        expires_at: datetime | None = None,
    ) -> bool:
        when = {"S": iso_utc(moment)}
        version = {"S": self._new_version()}
        item = {**_item(kind, id_, data, expires_at), "version": version, "moment": when}
        return self._put(item, _OLDER, {":moment": when})

    def remove(self, row: Row) -> bool:
        return self._kept_to_condition(
            lambda: self._client.delete_item(
                TableName=self._name,
                Key=_key(row.kind, row.id),
                ConditionExpression=_UNCHANGED_OR_GONE,
                ExpressionAttributeValues={":read": {"S": row.version}},
            )
        )

    def _page(self, kind: str, prefix: str, start: Mapping[str, Any]) -> Any:
        condition, values = "kind = :kind", {":kind": {"S": kind}}
        if prefix:
            condition, values = (
                f"{condition} AND begins_with(id, :id)",
                {
                    **values,
                    ":id": {"S": prefix},
                },
            )
        return self._call(
            lambda: self._client.query(
                TableName=self._name,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ConsistentRead=True,
                **start,
            )
        )

    def _put(self, item: Any, condition: str, values: Any) -> bool:
        return self._kept_to_condition(
            lambda: self._client.put_item(
                TableName=self._name,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        )

    def _kept_to_condition(self, write: Callable[[], Any]) -> bool:
        def whether_written() -> bool:
            try:
                write()
            except ClientError as error:
                if error_code(error) == _LOST:
                    return False
                raise
            return True

        return self._patience.call("table", self._seconds, whether_written)

    def _call(self, call: Callable[[], Any]) -> Any:
        return self._patience.call("table", self._seconds, call)


def _key(kind: str, id_: str) -> dict[str, Any]:
    return {"kind": {"S": kind}, "id": {"S": id_}}


def _item(
    kind: str, id_: str, data: Mapping[str, JsonValue], expires_at: datetime | None
) -> dict[str, Any]:
    item = {**_key(kind, id_), "data": {"S": json.dumps(dict(data), separators=(",", ":"))}}
    if expires_at is not None:
        item["expires_at"] = {"N": str(int(expires_at.timestamp()))}
    return item


def _row(item: Mapping[str, Any]) -> Row:
    return Row(item["kind"]["S"], item["id"]["S"], _data(item), item["version"]["S"])


def _data(item: Mapping[str, Any]) -> Mapping[str, JsonValue]:
    """Empty if it is no object: whoever reads the row finds that it says nothing."""
    try:
        data = json.loads(item["data"]["S"])
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
