"""The fake Konimbo's API: tokens, rights, its rate limit, paging, and webhooks."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_platforms import ApiUser, FakeKonimbo, Shape
from support.fake_shops import TOKEN, Clock, KonimboShop, konimbo_shop
from support.platform_calls import Caller, Reply

URL = "https://hooks.example/konimbo/url-canary"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop(clock: Clock) -> Iterator[KonimboShop]:
    with konimbo_shop(FakeKonimbo(clock)) as shop:
        yield shop


def test_a_webhook_is_created_listed_and_shown(shop: KonimboShop) -> None:
    made = shop.create(URL)
    record = made.json

    assert (made.status, type(record["id"])) == (200, int)
    assert record == {"id": record["id"], "callback_url": URL, "event": "order_created"}
    assert shop.get().json == [record]
    assert shop.get(f"/v1/webhooks/{record['id']}").json == record


def test_a_webhook_may_be_there_twice(shop: KonimboShop) -> None:
    ids = {shop.create(URL).json["id"] for _ in range(2)}

    assert {each["id"] for each in shop.get().json} == ids
    assert len(ids) == 2


def test_a_webhook_is_changed_by_a_whole_one(shop: KonimboShop) -> None:
    path = f"/v1/webhooks/{shop.create(URL).json['id']}"
    changed = {"callback_url": "https://new.example/", "event": "ticket_created"}

    reply = shop.send("PUT", path, changed)

    assert reply.status == 200
    assert shop.get(path).json == reply.json == {"id": reply.json["id"], **changed}
    assert shop.send("PUT", path, {"event": "order_created"}).status == 422


@pytest.mark.parametrize(
    "webhook",
    [
        None,
        [],
        {},
        {"event": "order_created"},
        {"event": "order_created", "callback_url": ""},
        {"event": "order_created", "callback_url": 1},
        {"callback_url": URL},
        {"callback_url": URL, "event": "order_deleted"},
        {"callback_url": URL, "event": ["order_created"]},
    ],
)
def test_what_is_no_webhook_is_answered_422(shop: KonimboShop, webhook: Any) -> None:
    reply = shop.send("POST", "/v1/webhooks", webhook)

    assert (reply.status, reply.json["model"]) == (422, "webhook")
    assert shop.konimbo.records.all() == []


def test_a_listing_of_nothing_is_answered_404(shop: KonimboShop) -> None:
    reply = shop.get()

    assert reply.status == 404
    assert reply.json["message"] == "There are no webhooks for your query"
    assert shop.get("/v1/orders").json["message"] == "There are no orders for your query"
    assert shop.get("/v1/orders").json["model"] == "order"


def test_hidden_ones_are_not_listed_but_shown(shop: KonimboShop) -> None:
    hidden = shop.konimbo.add_webhook(shop.number, URL, "order_created", active=False)
    assert shop.get().status == 404
    listed = shop.konimbo.add_webhook(shop.number, URL, "order_created")

    assert [each["id"] for each in shop.get().json] == [listed]
    assert shop.get(f"/v1/webhooks/{hidden}").json["id"] == hidden


@pytest.mark.parametrize("id_", ["1", "x"])
def test_what_is_not_there_is_answered_404(shop: KonimboShop, id_: str) -> None:
    path = f"/v1/webhooks/{id_}"
    whole = {"callback_url": URL, "event": "order_created"}
    for reply in (shop.get(path), shop.send("PUT", path, whole)):
        assert (reply.status, reply.json["model"], reply.json["id"]) == (404, "webhook", id_)


@pytest.mark.parametrize("path", ["", "/webhooks", "/v1/webhook", "/v1/webhooks/1/2", "/v1/carts"])
def test_other_endpoints_do_not_exist(shop: KonimboShop, path: str) -> None:
    reply = shop.get(path)

    told = {"status": "not_found", "message": "The endpoint you requested was not found"}
    assert (reply.status, reply.json) == (404, told)


def test_a_webhook_cannot_be_deleted(shop: KonimboShop) -> None:
    id_ = shop.create(URL).json["id"]

    reply = Caller(shop.url).delete(f"/v1/webhooks/{id_}", token=shop.token)

    assert reply.status == 404
    assert "endpoint" in reply.json["message"]
    assert shop.get(f"/v1/webhooks/{id_}").status == 200


def test_a_token_is_in_the_query_or_in_the_body_as_the_method_has_it(shop: KonimboShop) -> None:
    api = Caller(shop.url)
    webhook = {"webhook": {"callback_url": URL, "event": "order_created"}}

    assert api.call("POST", "/v1/webhooks", webhook, token=TOKEN).status == 401
    assert api.call("GET", "/v1/webhooks", {"token": TOKEN}).status == 401
    assert api.get("/v1/webhooks").status == 401
    assert api.call("POST", "/v1/webhooks", body=b"{").status == 401


def test_each_token_is_a_shop_of_its_own_and_the_same_in_every_run(shop: KonimboShop) -> None:
    other = KonimboShop(shop.konimbo, shop.url, "another-token")
    id_ = shop.create(URL).json["id"]

    assert other.get().status == other.get(f"/v1/webhooks/{id_}").status == 404
    assert shop.number == FakeKonimbo().shop_of_token(TOKEN) != other.number


def test_tokens_of_one_shop_have_their_own_rights() -> None:
    users = {
        TOKEN: ApiUser(7, frozenset({"orders"})),
        "webhooks": ApiUser(7, frozenset({"webhooks"})),
        "asleep": ApiUser(7, active=False),
    }
    with konimbo_shop(FakeKonimbo(api_users=users, strict=True)) as orders:
        webhooks = KonimboShop(orders.konimbo, orders.url, "webhooks")
        refused = orders.get()

        assert refused.status == 401
        told = {
            "status": "unauthorized",
            "model": "webhook",
            "message": "You are not authorized for any of these attributes",
        }
        assert refused.json == told
        assert orders.get("/v1/orders").status == 404
        assert webhooks.create(URL).status == 200
        assert orders.konimbo.records.all("7")
        for token in ("asleep", "unknown"):
            reply = KonimboShop(orders.konimbo, orders.url, token).get()
            assert reply.status == 401
            assert reply.json["message"] == "The token provided is not registered"


def test_rights_of_any_token_can_be_set(shop: KonimboShop) -> None:
    shop.konimbo.rights = frozenset({"items"})

    assert shop.get().status == 401
    assert shop.get("/v1/items").status == 404


def limits(reply: Reply) -> tuple[int, str, str]:
    told = reply.headers
    return reply.status, told["x-rate-limit-current"], told["x-rate-limit-maximum"]


def test_a_hundred_calls_in_ten_minutes_and_then_401(shop: KonimboShop, clock: Clock) -> None:
    shop.create(URL)
    for _ in range(98):
        shop.get()
    other = KonimboShop(shop.konimbo, shop.url, "another-token")

    assert limits(shop.get()) == (200, "100", "100")
    blocked = shop.create(URL)
    assert limits(blocked) == (401, "100", "100")
    assert blocked.headers["x-rate-limit-reset"] == "2023-11-14T22:23:20+00:00"
    assert limits(other.get()) == (404, "1", "100")
    clock.now += 599
    assert shop.get().status == 401
    clock.now += 1
    assert limits(shop.get()) == (200, "1", "100")
    assert len(shop.konimbo.records.all()) == 1


def test_a_rate_limit_can_be_another(shop: KonimboShop) -> None:
    shop.konimbo.rate_limit = 1

    assert [shop.get().status for _ in range(2)] == [404, 401]


@pytest.fixture(scope="module")
def konimbo() -> Iterator[KonimboShop]:
    """One for all examples, each of which is a shop of its own."""
    with konimbo_shop(FakeKonimbo()) as shop:
        yield shop


tokens = count()


def pages_of(shop: KonimboShop) -> Iterator[Reply]:
    for number in count(1):
        reply = shop.get(page=number)
        if reply.status != 200:
            return
        yield reply


@given(active=st.integers(0, 12), hidden=st.integers(0, 3), per_page=st.integers(1, 6))
def test_paging_yields_every_active_record_once(
    konimbo: KonimboShop, active: int, hidden: int, per_page: int
) -> None:
    fake = konimbo.konimbo
    fake.per_page = per_page
    shop = KonimboShop(fake, konimbo.url, f"token-{next(tokens)}")
    made = [
        fake.add_webhook(shop.number, URL, "order_created", active=number >= hidden)
        for number in range(active + hidden)
    ]

    pages = list(pages_of(shop))

    assert [each["id"] for page in pages for each in page.json] == made[hidden:]
    assert all(len(page.json) <= per_page for page in pages)
    assert {page.headers["x-pagination-total"] for page in pages} <= {str(active)}
    assert {page.headers["x-pagination-per-page"] for page in pages} <= {str(per_page)}


def test_pages_link_to_each_other(shop: KonimboShop) -> None:
    for _ in range(41):
        shop.konimbo.add_webhook(shop.number, URL, "order_created")
    place = f"{shop.url}/v1/webhooks?page="

    reply = shop.get(page=2)

    assert len(reply.json) == 20
    assert reply.headers["x-pagination-links"] == (
        f'<{place}1>; rel="first", <{place}1>; rel="prev", '
        f'<{place}3>; rel="next", <{place}3>; rel="last"'
    )


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", ""])
def test_a_page_that_is_no_number_is_answered_400(shop: KonimboShop, page: str) -> None:
    assert shop.get(page=page).status == 400


def test_records_may_be_wrapped(shop: KonimboShop) -> None:
    shop.konimbo.shape = Shape.WRAPPED
    made = shop.create(URL).json

    assert made["webhook"]["event"] == "order_created"
    assert shop.get().json == {"webhooks": [made]}


def test_a_creation_may_not_tell_what_it_made(shop: KonimboShop) -> None:
    shop.konimbo.tells_created = False

    assert "id" not in shop.create(URL).json
    assert len(shop.get().json) == 1


def test_requests_are_counted_by_route_and_shop(shop: KonimboShop) -> None:
    shop.create(URL)
    shop.get()
    shop.get("/v1/webhooks/1")
    Caller(shop.url).get("/v1/webhooks")
    requests = shop.konimbo.requests

    assert requests.count("GET", "/v1/webhooks", str(shop.number)) == 1
    assert requests.count("POST", "/v1/webhooks", str(shop.number), 200) == 1
    assert requests.count("GET", "/v1/webhooks/<id>", status=404) == 1
    assert requests.count(shop="", status=401) == 1
    assert TOKEN not in repr(requests)
