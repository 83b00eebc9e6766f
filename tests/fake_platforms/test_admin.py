"""The admin side: somebody at the platform itself, and whoever runs the fake."""

from collections.abc import Iterator
from typing import Any

import pytest

from fake_platforms import FakeCentry, FakeKonimbo, serving
from support.fake_shops import CLIENT, TOKEN, WEBHOOKS, CentryShop, KonimboShop
from support.loopback import HttpServer, http_server
from support.platform_calls import Caller

SECRET = "admin-secret-canary"
URL = "https://hooks.example/"
COMPANY = "a" * 24


@pytest.fixture
def centry() -> Iterator[CentryShop]:
    fake = FakeCentry(admin_secret=SECRET)
    with serving(fake) as url:
        yield CentryShop(fake, url)


@pytest.fixture
def konimbo() -> Iterator[KonimboShop]:
    fake = FakeKonimbo(admin_secret=SECRET)
    with serving(fake) as url:
        yield KonimboShop(fake, url)


@pytest.fixture
def receiver() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


def admin(shop: CentryShop | KonimboShop) -> Caller:
    return Caller(f"{shop.url}/_fake", {"X-Fake-Admin": SECRET})


@pytest.mark.parametrize(
    ("secret", "told"),
    [(SECRET, ""), (SECRET, "wrong"), (SECRET, "é"), (None, ""), (None, "None"), ("", "")],
)
@pytest.mark.parametrize("path", ["webhooks", "nowhere"])
def test_without_the_secret_there_is_no_way_in(secret: str | None, told: str, path: str) -> None:
    with serving(FakeCentry(admin_secret=secret)) as url:
        reply = Caller(url).call("GET", f"/_fake/{path}", headers={"X-Fake-Admin": told})

    assert reply.status == 403
    assert SECRET.encode() not in reply.body


@pytest.mark.parametrize("path", ["webhooks", "deliveries", "requests", "behaviour"])
def test_the_secret_is_shown_nowhere(centry: CentryShop, path: str) -> None:
    reply = admin(centry).get(f"/{path}")

    assert reply.status == 200
    assert SECRET.encode() not in reply.body
    assert SECRET not in f"{reply.headers} {centry.centry!r}"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/"),
        ("PUT", "/webhooks"),
        ("DELETE", "/webhooks/1"),
        ("PATCH", "/webhooks/1"),
        ("GET", "/webhooks/1"),
    ],
)
def test_what_is_not_there_is_answered_404(centry: CentryShop, method: str, path: str) -> None:
    assert admin(centry).call(method, path, {"on_order_save": True}).status == 404


def test_all_webhooks_are_listed_with_their_shops(centry: CentryShop, konimbo: KonimboShop) -> None:
    centry.centry.add_webhook(COMPANY, URL)
    konimbo.konimbo.add_webhook(7, URL, "order_created")
    konimbo.konimbo.add_webhook(8, URL, "order_created", active=False)

    (record,) = admin(centry).get("/webhooks").json["webhooks"]
    assert (record["id"], record["shop"], record["active"]) == (record["_id"], COMPANY, True)
    listed = admin(konimbo).get("/webhooks").json["webhooks"]
    assert [(each["shop"], each["active"]) for each in listed] == [("7", True), ("8", False)]


def test_somebody_deletes_a_webhook_at_the_platform(
    centry: CentryShop, konimbo: KonimboShop
) -> None:
    of_centry = centry.centry.add_webhook(centry.company, URL)
    of_konimbo = konimbo.konimbo.add_webhook(konimbo.number, URL, "order_created")

    assert admin(centry).delete(f"/webhooks/{of_centry}").status == 200
    assert admin(konimbo).delete(f"/webhooks/{of_konimbo}").status == 200
    assert centry.api().get(WEBHOOKS).json == []
    assert konimbo.get().status == 404


def test_another_application_registers_a_webhook(centry: CentryShop, konimbo: KonimboShop) -> None:
    told = {"client_id": CLIENT, "callback_url": URL, "on_order_save": True}
    assert admin(centry).post("/webhooks", told).status == 200
    told = {"token": TOKEN, "callback_url": URL, "event": "order_created"}
    assert admin(konimbo).post("/webhooks", told).status == 200
    told = {"shop": 8, "callback_url": URL, "event": "order_created", "active": False}
    assert admin(konimbo).post("/webhooks", told).json["active"] is False

    assert centry.api().get(WEBHOOKS).json[0]["on_order_save"] is True
    assert konimbo.get().json[0]["event"] == "order_created"
    assert len(konimbo.konimbo.records.all("8")) == 1


def test_old_records_may_lack_a_flag(centry: CentryShop) -> None:
    told = {"shop": COMPANY, "callback_url": URL, "on_order_save": None}

    assert "on_order_save" not in admin(centry).post("/webhooks", told).json


def test_somebody_changes_a_webhook(centry: CentryShop, konimbo: KonimboShop) -> None:
    of_centry = centry.centry.add_webhook(centry.company, URL, on_order_save=True)
    of_konimbo = konimbo.konimbo.add_webhook(konimbo.number, URL, "order_created")

    admin(centry).call("PATCH", f"/webhooks/{of_centry}", {"on_order_save": False})
    admin(konimbo).call("PATCH", f"/webhooks/{of_konimbo}", {"active": False})

    assert centry.api().get(WEBHOOKS).json[0]["on_order_save"] is False
    assert konimbo.get().status == 404
    admin(konimbo).call("PATCH", f"/webhooks/{of_konimbo}", {"active": True, "callback_url": "x"})
    assert konimbo.get().json[0]["callback_url"] == "x"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/webhooks", {"callback_url": URL}),
        ("/webhooks", {"shop": 1, "callback_url": URL}),
        ("/webhooks", {"shop": COMPANY}),
        ("/webhooks", {"shop": COMPANY, "callback_url": URL, "on_order_save": "yes"}),
        ("/webhooks", [COMPANY]),
        ("/deliveries", {}),
        ("/deliveries", {"topic": "on_order_save"}),
        ("/deliveries", {"topic": "on_order_save", "id": 1}),
        ("/deliveries", {"topic": "order_created", "id": "1"}),
    ],
)
def test_what_cannot_be_at_centry_is_answered_400(centry: CentryShop, path: str, told: Any) -> None:
    reply = admin(centry).post(path, told)

    assert (reply.status, bool(reply.json["error"])) == (400, True)
    assert centry.centry.records.all() == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/webhooks", {"shop": "x", "callback_url": URL, "event": "order_created"}),
        ("/webhooks", {"shop": -1, "callback_url": URL, "event": "order_created"}),
        ("/webhooks", {"shop": 7, "event": "order_created"}),
        ("/webhooks", {"shop": 7, "callback_url": URL, "event": "x"}),
        ("/webhooks", {"shop": 7, "callback_url": URL, "event": "order_created", "active": 1}),
        ("/deliveries", {"topic": "order_created"}),
        ("/deliveries", {"topic": "x", "body": {}}),
        ("/deliveries", {"topic": "order_created", "body": []}),
        ("/deliveries", {"topic": "order_created", "body": {}, "form": "yes"}),
    ],
)
def test_what_cannot_be_at_konimbo_is_answered_400(
    konimbo: KonimboShop, path: str, told: Any
) -> None:
    assert admin(konimbo).post(path, told).status == 400
    assert konimbo.konimbo.records.all() == []


def test_a_change_that_cannot_be_is_answered_400(centry: CentryShop, konimbo: KonimboShop) -> None:
    of_centry = centry.centry.add_webhook(COMPANY, URL)
    of_konimbo = konimbo.konimbo.add_webhook(7, URL, "order_created")

    assert admin(centry).call("PATCH", f"/webhooks/{of_centry}", {"on_order_save": 1}).status == 400
    assert admin(konimbo).call("PATCH", f"/webhooks/{of_konimbo}", {"active": 1}).status == 400
    assert admin(konimbo).call("PATCH", f"/webhooks/{of_konimbo}", {"event": "x"}).status == 400


def test_an_event_is_fired_insisted_on_and_logged(centry: CentryShop, receiver: HttpServer) -> None:
    receiver.status = 503
    centry.centry.add_webhook(centry.company, receiver.url, on_order_save=True)
    centry.centry.add_webhook(COMPANY, receiver.url, on_order_save=True)
    event = {"topic": "on_order_save", "id": "1", "client_id": CLIENT}

    (first,) = admin(centry).post("/deliveries", event).json["deliveries"]
    assert admin(centry).post("/retries", {}).json == {"deliveries": []}
    (second,) = admin(centry).post("/retries", {"early": True}).json["deliveries"]

    assert (first["intent"], first["status"], first["accepted"]) == (1, 503, False)
    assert (second["intent"], second["data"]) == (2, {"topic": "on_order_save", "order_id": "1"})
    assert admin(centry).get("/deliveries").json["deliveries"] == [first, second]


def test_konimbo_fires_json_or_a_form(konimbo: KonimboShop, receiver: HttpServer) -> None:
    konimbo.konimbo.add_webhook(konimbo.number, receiver.url, "item_inventory_updated")
    event = {"topic": "item_inventory_updated", "body": {"item": {"id": 1}}, "shop": konimbo.number}

    for form in ({}, {"form": True}):
        (made,) = admin(konimbo).post("/deliveries", event | form).json["deliveries"]
        assert made["accepted"] is True

    assert [heard.body for heard in receiver.heard] == [b'{"item":{"id":1}}', b"item%5Bid%5D=1"]
    assert admin(konimbo).post("/deliveries", event | {"shop": 1}).json == {"deliveries": []}


def test_requests_are_counted_and_forgotten_but_not_the_admins(centry: CentryShop) -> None:
    centry.api().get(WEBHOOKS)

    rows = admin(centry).get("/requests").json["requests"]

    assert {
        (row["method"], row["route"], row["shop"], row["status"], row["count"]) for row in rows
    } == {
        ("GET", WEBHOOKS, centry.company, 200, 1),
        ("POST", "/oauth/token", centry.company, 200, 1),
    }
    assert admin(centry).delete("/requests").status == 200
    assert admin(centry).get("/requests").json == {"requests": []}


def test_things_go_wrong_by_plan_until_it_is_lifted_but_not_for_the_admin(
    centry: CentryShop,
) -> None:
    api = centry.api()
    told = {"kind": "status", "status": 429, "times": None, "retry_after": 1, "seconds": 0.5}

    planned = admin(centry).post("/behaviour", told).json

    assert planned.items() >= told.items()
    assert admin(centry).get("/behaviour").json == {"behaviour": [planned]}
    assert api.get(WEBHOOKS).status == 429
    assert admin(centry).delete("/behaviour").status == 200
    assert api.get(WEBHOOKS).status == 200


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"kind": "explode"},
        {"kind": "status", "status": 99},
        {"kind": "status", "status": "503"},
        {"kind": "status", "status": True},
        {"kind": "status", "times": 0},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "seconds": 1e9},
        {"kind": "redirect", "location": "https://a.example/\r\nx: y"},
        {"kind": "reset", "method": 1},
        {"kind": "reset", "often": 1},
    ],
)
def test_a_plan_that_makes_no_sense_is_answered_400(centry: CentryShop, told: Any) -> None:
    assert admin(centry).post("/behaviour", told).status == 400
    assert centry.centry.plan.planned == ()
