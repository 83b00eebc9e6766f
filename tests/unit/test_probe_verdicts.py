"""A probe that finds nothing wrong has to be one that would: what it is there to notice."""

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from commerce_hooks.keyring import CallbackTarget
from probe.rows import Row, counted, summary, table_of
from probe.wire import TimeUpError, Wire
from support.gateway import event_of
from support.platforms import platforms
from support.probes.probe import ACCEPTED, CANARY, NOT_FOUND, UNREADABLE, Probe, Request, posting
from support.probes.verdict import Came, OnTheBus, flaws

PLATFORM = platforms()["centry"]
ROUTE = "ANY /centry/{store}/{token}"
METADATA = {
    "platform": "centry",
    "store": "acme",
    "callback_id": "c",
    "event_id": "c.0",
    "topic": "on_order_save",
    "payload": "inline",
}
ANSWER = {"status": "accepted", "callback_id": "c", "event_ids": ["c.0"]}


def nothing_stored(key: str) -> bytes:
    raise KeyError(key)


def event(data: Any = None, detail_type: str = "order.saved", **metadata: Any) -> OnTheBus:
    detail = {"metadata": {**METADATA, **metadata}, "data": data or {"probe": 1}}
    return OnTheBus("commerce-hooks.centry", detail_type, detail)


GOOD = Came(200, ANSWER, [event()], nothing_stored)
PROBE = Probe("group", "name", posting(b"{}"), ACCEPTED, payload=1, hidden="secret")


def said(came: Came, probe: Probe = PROBE) -> list[str]:
    return list(flaws(probe, probe.right, PLATFORM, came))


def test_what_is_right_has_no_flaw() -> None:
    assert said(GOOD) == []


@pytest.mark.parametrize(
    "came",
    [
        replace(GOOD, status=500),
        replace(GOOD, answer=None),
        replace(GOOD, answer=["accepted"]),
        replace(GOOD, answer={"error": "internal_error"}),
        replace(GOOD, answer={**ANSWER, "status": "unrecognized"}),
        replace(GOOD, answer={**ANSWER, "more": 1}),
        replace(GOOD, answer={**ANSWER, "queued": CANARY}),
        replace(GOOD, answer={**ANSWER, "event_ids": ["c.0", "c.1"]}),
        replace(GOOD, events=[]),
        replace(GOOD, events=[event(), event()]),
        replace(GOOD, events=[event({"probe": 2})]),
        replace(GOOD, events=[event({"probe": 1, "other": "a secret"})]),
        replace(GOOD, events=[event(store="other")]),
        replace(GOOD, events=[event(platform="iset")]),
        replace(GOOD, events=[event(callback_id="d")]),
        replace(GOOD, events=[event(topic="a\nb")]),
        replace(GOOD, events=[event(detail_type="order.created")]),
        replace(GOOD, events=[replace(event(), source="aws.events")]),
    ],
)
def test_what_is_wrong_is_noticed(came: Came) -> None:
    assert said(came) != []


def test_a_pointer_that_repeats_the_body_is_noticed() -> None:
    probe = replace(PROBE, right=UNREADABLE, payload=None, hidden=None)
    answer = {**ANSWER, "status": "quarantined", "reason": "unreadable", "errors": []}
    pointer = event({"note": CANARY}, detail_type="callback.quarantined")

    assert said(Came(200, answer, [pointer], nothing_stored), probe) == [
        "the pointer to a body repeats it"
    ]
    wrong_reason = Came(200, {**answer, "reason": "invalid"}, [], nothing_stored)
    assert any("and not as unreadable" in flaw for flaw in said(wrong_reason, probe))


def test_over_http_another_outcome_may_be_right() -> None:
    assert replace(PROBE, front_door=NOT_FOUND).right_over_http == NOT_FOUND
    assert PROBE.right_over_http == ACCEPTED


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/centry/acme/t", {"store": "acme", "token": "t"}),
        ("/centry/a%2Fb/t%0A", {"store": "a/b", "token": "t\n"}),
        ("/centry/%2561/%FF", {"store": "%61", "token": "\ufffd"}),
    ],
)
def test_the_gateway_decodes_a_path_once(path: str, parameters: dict[str, str]) -> None:
    found = event_of(Request(path, b"{}"), [ROUTE])

    assert found is not None
    assert found["pathParameters"] == parameters


@pytest.mark.parametrize(
    "path", ["/", "/centry", "/centry/a", "/centry//t", "/Centry/a/t", "/x/a/t"]
)
def test_other_paths_are_no_route_s(path: str) -> None:
    assert event_of(Request(path, b"{}"), [ROUTE]) is None


def test_nothing_goes_to_another_machine_or_after_the_end() -> None:
    request = Request("/", b"")
    with pytest.raises(ValueError, match="this machine only"):
        Wire("http://192.0.2.1", until=float("inf")).send(request)
    with pytest.raises(TimeUpError):
        Wire("http://127.0.0.1:1", until=0).send(request)


def test_the_table_tells_what_is_wrong_and_how_many_were_sent() -> None:
    good = Row("centry", "text", "2 hostile", "200", "accepted", "2", count=2)
    rows = [good, replace(good, what="other", flaws=["404, and not 200"], count=1)]
    console = Console(width=120, file=StringIO(), record=True)

    console.print(table_of(rows))

    assert "404, and not 200" in console.export_text()
    assert summary(rows, 1.2) == "3 requests in 1 seconds: 1 NOT as they must be."
    assert summary(rows[:1], 1.2) == "2 requests in 1 seconds: all as they must be."
    assert (counted(["a", "a"]), counted(["a", "b", "a"])) == ("a", "2 a, 1 b")


def test_a_probe_s_token_is_made_with_the_ring_of_whoever_it_is_sent_to() -> None:
    asked: list[CallbackTarget] = []

    def mint(target: CallbackTarget) -> str:
        asked.append(target)
        return "k1.1.mac"

    assert PROBE.request(PLATFORM, mint).path == "/centry/acme/k1.1.mac"
    assert asked == [CallbackTarget("centry", "acme")]
