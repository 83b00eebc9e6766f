"""The event catalogue says what the code does: its tables, its example, its rules."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cfnlint import api as cfn_lint

from commerce_hooks.events import Event
from commerce_hooks.platform import QUARANTINED, SYNTHETIC, UNRECOGNIZED
from commerce_hooks.schemas.envelope import Metadata
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.events import (
    CREATED,
    DETAIL_TYPES,
    DRIFTED,
    FAILED,
    UPDATED,
    events_of,
)
from shapes.notices import SHAPE_CHANGED, change_of, notice_of
from shapes.shapes import NOTHING
from support.platforms import platforms, senders
from support.samples import sample
from support.shapes import sighting
from support.state_table import FakeStateTable
from upkeep.episodes import (
    STORE_HEARD,
    STORE_SILENT,
    episodes_in,
    heard_event,
    keep,
    silent_event,
)
from upkeep.heartbeat import HEARTBEAT
from upkeep.silence import Silence
from worlds.world import World

CATALOGUE = (Path(__file__).parents[2] / "docs/events/README.md").read_text("utf-8")

DIFFERENCE = ("field", "existing", "desired")

Row = tuple[str, ...]


def table(*first_columns: str) -> Sequence[Row]:
    """The rows of the table whose header begins with these columns; code marks removed."""
    (rows,) = (rows for rows in _tables() if rows[0][: len(first_columns)] == first_columns)
    return rows[2:]


def _tables() -> Iterator[list[Row]]:
    for lines in re.findall(r"(?:^\|.*\n)+", CATALOGUE, flags=re.MULTILINE):
        yield [_cells(line) for line in lines.splitlines()]


def _cells(line: str) -> Row:
    return tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))


def example_event() -> dict[str, Any]:
    event: dict[str, Any] = json.loads(blocks("json")[0])
    return event


def patterns() -> list[dict[str, Any]]:
    return [json.loads(block) for block in blocks("json")[1:]]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", CATALOGUE, flags=re.MULTILINE | re.DOTALL)


def test_the_table_of_topics_is_the_codes() -> None:
    expected = [
        (name, topic.name, topic.detail_type, topic.resource_type, "once" if topic.once else "")
        for name, platform in senders().items()
        for topic in platform.topics.values()
    ]

    assert table("platform", "topic") == expected


def test_the_matrix_of_platforms_is_the_codes() -> None:
    # Of every platform's callbacks, though a function of its own sends it.
    sent = {name: {SHAPE_CHANGED, *platform.detail_types} for name, platform in senders().items()}
    expected = [
        (detail_type, *("yes" if detail_type in types else "never" for types in sent.values()))
        for detail_type in sorted(set.union(*sent.values()))
    ]

    assert table("detail-type", *senders()) == expected


def test_the_table_of_metadata_has_the_envelopes_fields_in_order() -> None:
    assert [row[0] for row in table("field", "type", "meaning")] == list(Metadata.model_fields)


def test_a_field_of_metadata_that_may_be_null_says_so() -> None:
    schema = Metadata.model_json_schema()["properties"]
    nullable = [name for name in schema if {"type": "null"} in schema[name].get("anyOf", [])]

    documented = [row[0] for row in table("field", "type", "meaning") if "null" in row[1]]

    assert documented == nullable


def test_the_table_of_our_own_events_is_complete() -> None:
    assert {row[0] for row in table("detail-type", "when")} == {
        UNRECOGNIZED,
        QUARANTINED,
        SYNTHETIC,
        SHAPE_CHANGED,
        STORE_SILENT,
        STORE_HEARD,
        *DETAIL_TYPES,
        HEARTBEAT,
    }


def test_what_is_said_of_a_changed_shape_is_what_is_sent() -> None:
    change = change_of(NOTHING, sighting({"id": 1}))
    assert change is not None
    event = notice_of(change, "test/unit")
    (said,) = (row[2] for row in table("detail-type", "when") if row[0] == event.detail_type)

    assert re.findall(r'"([a-z]+)"', said.partition("}`,")[0]) == [
        "platform",
        "topic",
        "fingerprint",
        "added",
        "path",
        "type",
        "first",
    ]
    assert list(event.data) == ["platform", "topic", "fingerprint", "added", "first"]
    assert f"`{event.source}`" in CATALOGUE


def test_what_is_said_of_silent_stores_is_what_is_sent() -> None:
    silence = Silence(StoreId("iset", "acme"), datetime.now(UTC), 48, everything=True, topics=())
    silences = FakeStateTable()
    keep(silences, silence, silence.id, None)
    (episode,) = episodes_in(silences, lambda row: pytest.fail(row.id)).values()
    events = [
        silent_event(silence, "test/unit", silence.since),
        heard_event(episode, "test/unit", silence.since),
    ]

    for event in events:
        (said,) = (row[2] for row in table("detail-type", "when") if row[0] == event.detail_type)
        assert re.findall(r'"([a-z]+)"', said.partition("}`")[0]) == list(event.data)
        assert f"`{event.source}`" in CATALOGUE
    assert len({event.metadata.callback_id for event in events}) == 1


@pytest.mark.parametrize("detail_type", DETAIL_TYPES)
def test_what_is_said_of_subscriptions_is_what_is_sent(detail_type: str) -> None:
    rows = {row[0]: row[2] for row in table("detail-type", "when")}
    said = rows[detail_type]
    if said == "The same.":
        said = rows[CREATED]
    named = re.findall(r'"([a-z_]+)"', said.partition("}`")[0])

    (event,) = (event for event in subscription_events() if event.detail_type == detail_type)

    sent = [*names_in(event.data)]
    # Only what was updated was different; the others have none to name.
    assert named == (sent if detail_type in {UPDATED, FAILED} else [*sent, *DIFFERENCE])
    assert f"`{event.source}`" in CATALOGUE


def subscription_events() -> Iterator[Event]:
    """One of each kind, of shops whose subscriptions are changed by us and by others."""
    shop = World(policy="sync", topics=("order_created",))
    yield from told(shop)
    shop.memory.records.clear()
    yield from (event for event in told(shop) if event.detail_type == DRIFTED)
    shop = World(policy="sync", topics=("order_created",))
    shop.memory.put(shop.url("order_created", key="k1"), frozenset({"order_created"}))
    yield from told(shop)
    shop = World(policy="sync", topics=("order_created",))
    shop.round()
    shop.memory.put(shop.url("order_created"), frozenset({"order_created"}))
    yield from told(shop)
    shop = World(topics=("order_created",))
    shop.memory.hides_new = True
    yield from (event for event in told(shop) if event.detail_type == FAILED)


def told(world: World) -> list[Event]:
    report = world.round()
    return events_of(world.shop, report, "test/unit", world.now(), "run", "schedule")


def names_in(data: Any) -> Iterator[str]:
    """The names of fields, and of those within them; of a list's elements the first's."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from names_in(value)
    elif isinstance(data, list) and data:
        yield from names_in(data[0])


def test_the_example_is_an_event_of_the_sample_that_it_shows() -> None:
    example = example_event()
    source = sample("centry", "on_order_save")

    metadata = Metadata.model_validate(example["detail"]["metadata"])

    assert example["detail"]["data"] == json.loads(source.body)
    assert metadata.topic == source.topic
    assert metadata.content_sha256 == sha256(source.body).hexdigest()
    assert metadata.resource is not None
    assert example["detail-type"] == f"{metadata.resource.type}.{metadata.action}"
    assert example["source"] == platforms()[metadata.platform].source


@pytest.mark.parametrize("wanted", patterns(), ids=json.dumps)
def test_a_pattern_of_the_page_asks_for_something_that_is_sent(wanted: dict[str, Any]) -> None:
    assert set(wanted) <= {"source", "detail-type", "detail", "replay-name"}
    assert any(_matches(wanted.get("detail-type"), name) for name in _sent())
    assert any(_matches(wanted.get("source"), p.source) for p in senders().values())


@pytest.mark.parametrize("wanted", patterns(), ids=json.dumps)
def test_no_pattern_of_the_page_gets_heartbeats(wanted: dict[str, Any]) -> None:
    narrow = "detail" in wanted  # to a platform, a store or a resource, which heartbeats are not
    by_source = _matches(wanted.get("source"), "commerce-hooks.system")

    assert narrow or not (by_source and _matches(wanted.get("detail-type"), "system.heartbeat"))


def test_the_example_template_has_no_fault_that_cfn_lint_knows() -> None:
    (template,) = blocks("yaml")

    assert cfn_lint.lint(template) == []


def _sent() -> set[str]:
    return {name for platform in senders().values() for name in platform.detail_types}


def _matches(alternatives: list[Any] | None, value: str) -> bool:
    """The part of EventBridge's patterns that the page uses."""
    return alternatives is None or any(
        value.startswith(wanted["prefix"]) if isinstance(wanted, dict) else value == wanted
        for wanted in alternatives
    )
