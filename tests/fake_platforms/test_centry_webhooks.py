"""The fake Centry's webhooks: listed, shown, created, changed and deleted as documented."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_platforms import FakeCentry
from fake_platforms.centry_webhooks import SUBJECTS
from support.fake_shops import WEBHOOKS, CentryShop, Clock, centry_shop
from support.platform_calls import Caller

URL = "https://hooks.example/centry/url-canary"
MOMENT = "2023-11-14T22:13:20.000Z"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop(clock: Clock) -> Iterator[CentryShop]:
    with centry_shop(FakeCentry(clock)) as shop:
        yield shop


@pytest.fixture
def api(shop: CentryShop) -> Caller:
    return shop.api()


def one(id_: str) -> str:
    return f"/conexion/v1/webhooks/{id_}.json"


def test_a_record_has_these_fields_and_flags_that_are_left_out_are_false(
    shop: CentryShop, api: Caller
) -> None:
    reply = api.post(WEBHOOKS, {"callback_url": URL, "on_order_save": True, "other": 1})
    record = reply.json

    assert reply.status == 201
    assert re.fullmatch("[0-9a-f]{24}", record["_id"])
    assert record == {
        "_id": record["_id"],
        "callback_url": URL,
        "company_id": shop.company,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        **dict.fromkeys(SUBJECTS, False),
        "on_order_save": True,
    }
    assert api.get(one(record["_id"])).json == record
    assert api.get(WEBHOOKS).json == [record]


def test_a_creation_may_be_answered_otherwise(shop: CentryShop, api: Caller) -> None:
    shop.centry.webhooks.created_status = 200

    assert api.post(WEBHOOKS, {"callback_url": URL}).status == 200


def test_a_url_is_kept_as_it_was_sent_and_may_be_there_twice(api: Caller) -> None:
    for _ in range(2):
        api.post(WEBHOOKS, {"callback_url": f" {URL} "})

    assert [each["callback_url"] for each in api.get(WEBHOOKS).json] == [f" {URL} "] * 2


@pytest.mark.parametrize(
    "told",
    [
        {},
        [],
        {"on_order_save": True},
        {"callback_url": ""},
        {"callback_url": None},
        {"callback_url": 1},
        {"webhook": {"callback_url": URL}},
        {"callback_url": URL, "on_order_save": "true"},
        {"callback_url": URL, "on_order_save": None},
    ],
)
def test_a_body_that_is_no_webhook_is_answered_400(api: Caller, told: Any) -> None:
    assert api.post(WEBHOOKS, told).status == 400
    assert api.get(WEBHOOKS).json == []


@pytest.mark.parametrize("body", [b"", b"{", b"callback_url=https://hooks.example", b"[" * 9999])
def test_a_body_that_is_no_json_is_answered_400(api: Caller, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    assert api.call("POST", WEBHOOKS, body=body, headers=headers).status == 400


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_leaves_the_rest_as_it_is(
    shop: CentryShop, api: Caller, clock: Clock, method: str
) -> None:
    id_ = shop.centry.add_webhook(shop.company, URL, on_order_save=True)
    before = api.get(one(id_)).json
    clock.now += 1.5

    after = api.call(method, one(id_), {"on_product_save": True})

    expected = {**before, "on_product_save": True, "updated_at": "2023-11-14T22:13:21.500Z"}
    assert (after.status, after.json) == (200, expected)
    assert api.get(one(id_)).json == expected


@pytest.mark.parametrize("told", [{}, {"callback_url": ""}, {"on_order_save": 1}])
def test_a_change_that_makes_no_webhook_is_answered_400(
    shop: CentryShop, api: Caller, told: Any
) -> None:
    id_ = shop.centry.add_webhook(shop.company, URL, on_order_save=True)
    before = api.get(one(id_)).json

    assert api.put(one(id_), told).status == 400
    assert api.get(one(id_)).json == before


def test_a_deletion_is_answered_true_and_once(shop: CentryShop, api: Caller) -> None:
    id_ = shop.centry.add_webhook(shop.company, URL)

    first, second = api.delete(one(id_)), api.delete(one(id_))

    assert (first.status, first.body, second.status) == (200, b"true", 404)
    assert api.get(one(id_)).status == 404
    assert api.put(one(id_), {"on_order_save": True}).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_company_has_only_its_own(shop: CentryShop, api: Caller, method: str) -> None:
    id_ = shop.centry.add_webhook("b" * 24, URL)
    told = {"on_order_save": True} if method == "PUT" else None

    assert api.call(method, one(id_), told).status == 404
    assert api.get(WEBHOOKS).json == []
    assert len(shop.centry.records.all()) == 1


def test_applications_of_one_company_see_each_others_webhooks(
    shop: CentryShop, api: Caller
) -> None:
    shop.centry.add_webhook(shop.company, "https://other.example/")

    assert [each["callback_url"] for each in api.get(WEBHOOKS).json] == ["https://other.example/"]


def test_old_records_lack_flags(shop: CentryShop, api: Caller) -> None:
    id_ = shop.centry.add_webhook(shop.company, URL, on_integration_config_save=None)

    assert "on_integration_config_save" not in api.get(one(id_)).json


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/conexion/v1/webhook/1.json", 404),
        ("GET", "/conexion/v1/webhooks", 404),
        ("GET", "/conexion/v1/webhooks/1", 404),
        ("GET", "/conexion/v1/webhooks/..%2f1.json", 404),
        ("GET", "/", 404),
        ("DELETE", WEBHOOKS, 405),
        ("POST", "/conexion/v1/webhooks/1.json", 405),
        ("POST", "/conexion/v1/company_info.json", 405),
        ("GET", "/oauth/token", 405),
    ],
)
def test_other_paths_and_methods_do_not_exist(
    api: Caller, method: str, path: str, status: int
) -> None:
    assert api.call(method, path, {} if method == "POST" else None).status == status


def ids(api: Caller, **query: Any) -> list[str]:
    return [each["_id"] for each in api.get(WEBHOOKS, **query).json]


def paged(api: Caller, limit: int) -> Iterator[list[str]]:
    page = ids(api, limit=limit)
    for _ in range(20):
        if not page:
            return
        yield page
        page = ids(api, limit=limit, after=page[-1])


@pytest.fixture(scope="module")
def centry() -> Iterator[CentryShop]:
    """One for all examples, each of which has a company of its own."""
    with centry_shop(FakeCentry()) as shop:
        yield shop


companies = count()


@given(existing=st.integers(0, 12), limit=st.integers(1, 15), most=st.integers(1, 8))
def test_paging_yields_every_record_once_and_in_order(
    centry: CentryShop, existing: int, limit: int, most: int
) -> None:
    centry.centry.webhooks.page_size = most
    shop = CentryShop(centry.centry, centry.url, f"client-{next(companies)}")
    made = [centry.centry.add_webhook(shop.company, URL) for _ in range(existing)]

    pages = list(paged(shop.api(), limit))

    assert [id_ for page in pages for id_ in page] == made
    assert all(len(page) <= min(limit, most) for page in pages)


def test_without_a_limit_a_page_is_as_large_as_it_can_be(shop: CentryShop, api: Caller) -> None:
    made = [shop.centry.add_webhook(shop.company, URL) for _ in range(101)]

    assert ids(api) == made[:100]
    assert ids(api, offset=100) == made[100:]
    assert ids(api, limit=0) == []


def test_a_listing_can_be_narrowed_by_time(shop: CentryShop, api: Caller, clock: Clock) -> None:
    old = shop.centry.add_webhook(shop.company, URL)
    clock.now += 60
    new = shop.centry.add_webhook(shop.company, URL)
    later = "2023-11-14T22:14:20.000Z"

    assert ids(api, created_at=MOMENT) == [old]
    assert ids(api, created_at_gte=MOMENT) == [old, new]
    assert ids(api, created_at_gt=MOMENT) == [new]
    assert ids(api, created_at_lte=MOMENT) == [old]
    assert ids(api, created_at_lt="2023-11-14T22:13:20") == []
    assert ids(api, updated_at_gte=later, created_at_lte=later) == [new]


@pytest.mark.parametrize(
    "query", [{"limit": "x"}, {"limit": "-1"}, {"offset": "²"}, {"created_at_gt": "yesterday"}]
)
def test_a_filter_that_cannot_be_read_is_answered_400(api: Caller, query: Any) -> None:
    assert api.get(WEBHOOKS, **query).status == 400


def test_a_company_may_be_told_to_call_less(shop: CentryShop, api: Caller, clock: Clock) -> None:
    shop.centry.limit_per_minute = 2
    other = CentryShop(shop.centry, shop.url, "another-client").api()

    assert [api.get(WEBHOOKS).status for _ in range(3)] == [200, 200, 429]
    assert other.get(WEBHOOKS).status == 200
    clock.now += 60
    assert api.get(WEBHOOKS).status == 200


def test_requests_are_counted_by_route_and_company(shop: CentryShop, api: Caller) -> None:
    id_ = api.post(WEBHOOKS, {"callback_url": URL}).json["_id"]
    for _ in range(2):
        api.get(WEBHOOKS)
    api.get(one(id_))
    api.get("/nowhere")
    requests = shop.centry.requests

    assert requests.count("GET", WEBHOOKS, shop.company) == 2
    assert requests.count(route="/conexion/v1/webhooks/<id>.json") == 1
    assert requests.count("POST", "/oauth/token", shop.company) == 1
    assert requests.count(route="other", status=404) == 1
    assert requests.count("PUT") == requests.count(shop="another") == 0
    requests.forget()
    assert requests.count() == 0
