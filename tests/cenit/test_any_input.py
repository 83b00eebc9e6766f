"""Whatever a genuine caller sends, the answer has the right shape and is never a 5xx."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cenit.calls import Call
from cenit.services import COMMANDS, SERVICES
from support.cenit import Switchboard, assert_failed, assert_succeeded, call_event
from support.receiving import Answered

BOARD = Switchboard()
NAMES = sorted({name for c in COMMANDS.values() for name in c.topic.schema.model_fields})
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.sampled_from([*NAMES, "name", "number", "id"]) | st.text(), children)
    ),
    max_leaves=20,
)
bodies = st.binary() | anything.map(lambda value: json.dumps(value).encode())
names = st.sampled_from([*NAMES, "error", "code", "status"]) | st.text()
queries = st.dictionaries(names, st.lists(st.text(), min_size=1, max_size=3), max_size=5)
headers = st.dictionaries(
    st.sampled_from(
        [
            "Authorization",
            "X-Api-Key",
            "X-Commerce-Hooks-Timestamp",
            "X-Commerce-Hooks-Signature",
            "Content-Type",
        ]
    )
    | st.text(min_size=1),
    st.lists(st.text(), min_size=1, max_size=2),
)


def assert_well_shaped(answered: Answered) -> None:
    if answered.status == 200:
        assert_succeeded(answered)
    else:
        assert answered.status < 500
        assert_failed(answered, answered.status, answered.body["error"])


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(COMMANDS)),
    bodies,
    queries,
    st.none() | st.from_regex(r"[a-z0-9.~_-]{1,9}", fullmatch=True),
)
def test_any_body_and_query(
    service: str, body: bytes, query: dict[str, list[str]], id_: str | None
) -> None:
    before = len(BOARD.event_bridge.accepted)

    answered = BOARD.call(service, body, query=query, id_=id_)

    assert_well_shaped(answered)
    assert len(BOARD.event_bridge.accepted) - before == (answered.status == 200)


@settings(max_examples=300)
@given(st.sampled_from(["create_order", "delete_product"]), anything, queries)
def test_any_parameters_in_the_right_place(
    service: str, value: Any, query: dict[str, list[str]]
) -> None:
    body = {"order": {"name": value, "id": value}, "item_id": value}

    assert_well_shaped(BOARD.call(service, json.dumps(body).encode(), query=query))


@given(
    st.text(),
    st.sampled_from(sorted(SERVICES)) | st.text(),
    st.none() | st.text(),
    st.sampled_from(["GET", "POST"]) | st.text(),
)
def test_any_path_and_method_of_a_stranger(
    store: str, service: str, id_: str | None, method: str
) -> None:
    answered = BOARD.handle(call_event(service, store=store, id_=id_, method=method, headers={}))

    assert_failed(answered, answered.status, answered.body["error"])
    assert answered.status in {401, 404}


@given(headers)
def test_any_headers_of_a_stranger(sent: dict[str, list[str]]) -> None:
    answered = BOARD.handle(call_event("create_order", b"{}", headers=sent))

    assert_failed(answered, 401, "unauthorized")


@given(bodies)
def test_any_body_may_be_signed(body: bytes) -> None:
    answered = BOARD.signed("update_order", body, method="PUT", id_="x")

    if answered.status != 200:
        assert_well_shaped(answered)


def test_a_gateway_event_may_lack_whatever_a_call_did_not_have() -> None:
    event = call_event("create_order", method="GET", headers={})
    bare = {key: event[key] for key in ("httpMethod", "requestContext")}

    call = Call.from_gateway(bare)

    assert (call.headers, call.query, call.request.body) == ({}, [], b"")
    assert_failed(BOARD.handle(bare), 404, "not_found")
