"""Konimbo's access against a fake Konimbo on loopback, in every form its answers may have."""

import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from commerce_hooks.http import errors
from commerce_hooks.http.wire import Wire
from commerce_hooks.platform_access import Authorizable, Credentials, Desired
from commerce_hooks.stores import StoreId
from konimbo.access import ACCESS, KonimboCredentials
from konimbo.api import MAX_PAGES
from support.fake_konimbo import TOKEN, FakeKonimbo, konimbo_server
from support.loopback import Answered, Asked, api_server
from support.surroundings import surroundings

ACME = StoreId("konimbo", "acme")
URL = "https://hooks.example/konimbo/acme/order_created/k1.1.url-canary"
RECORD = {"id": 1, "event": "order_created", "callback_url": URL}
DESIRED = Desired("order_created", frozenset({"order_created"}), URL)


@dataclass
class Shop:
    url: str
    konimbo: FakeKonimbo

    def access(self, **tokens: str) -> Any:
        credentials = KonimboCredentials.model_validate({"token": TOKEN, **tokens})
        around = surroundings(Wire(http_on_loopback=True))
        return ACCESS.open(ACME, self.url, credentials, around)

    def answers(self, value: Any, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        self.konimbo.instead = Answered.of(value, status, named)


@pytest.fixture
def shop() -> Iterator[Shop]:
    konimbo = FakeKonimbo()
    with konimbo_server(konimbo) as url:
        yield Shop(url, konimbo)


def add(shop: Shop, count: int) -> None:
    for _ in range(count):
        shop.konimbo.add_webhook(URL, "order_created")


def test_stores_are_at_konimbo_and_nowhere_else() -> None:
    assert ACCESS.environments == {"production": "https://api.konimbo.co.il"}


FORMS: dict[str, Callable[[list[Any]], Any]] = {
    "array": lambda records: records,
    "object": lambda records: {"webhooks": records},
    "wrapped": lambda records: [{"webhook": record} for record in records],
    "both": lambda records: {"webhooks": [{"webhook": record} for record in records]},
    "text ids": lambda records: [{**record, "id": str(record["id"])} for record in records],
}


@pytest.mark.parametrize("form", FORMS)
def test_webhooks_are_read_in_every_form_they_may_come_in(shop: Shop, form: str) -> None:
    shop.konimbo.wrap = FORMS[form]
    shop.konimbo.add_webhook(f" {URL} ", "order_created")
    shop.konimbo.add_webhook("https://other.example/", "ticket_created")

    ours, others = shop.access().subscriptions()

    assert (ours.id, ours.callback_url, ours.topics) == ("1", URL, {"order_created"})
    assert (others.id, others.topics) == ("2", {"ticket_created"})


@pytest.mark.parametrize("says_total", [True, False])
@pytest.mark.parametrize("per_page", [None, 20])
@pytest.mark.parametrize("count", [0, 1, 20, 21, 45])
def test_all_pages_are_read(
    shop: Shop,
    count: int,
    per_page: int | None,
    says_total: bool,  # noqa: FBT001 - a matrix
) -> None:
    shop.konimbo.per_page, shop.konimbo.says_total = per_page, says_total
    add(shop, count)

    assert len(shop.access().subscriptions()) == count


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (404, {"model": "webhook", "message": "?"}, None),
        (404, {"message": "There are no items for your query"}, None),
        (404, {"message": "No results found"}, None),
        (404, {"message": "The endpoint you requested was not found"}, errors.CallRefusedError),
        (404, {"message": "?"}, errors.NotFoundError),
        (404, [], errors.CallRefusedError),
        (401, {"message": "The token provided is not registered"}, errors.CredentialsRefusedError),
        (401, {}, errors.CredentialsRefusedError),
        (401, {"message": "You are not authorized for any of these"}, errors.MissingRightError),
        (403, {}, errors.MissingRightError),
        (422, {}, errors.CallRefusedError),
        (500, {}, errors.PlatformBrokenError),
    ],
)
def test_an_answer_says_who_has_to_act(
    shop: Shop, status: int, told: Any, kind: type[errors.PlatformError] | None
) -> None:
    shop.answers(told, status)
    if kind is None:
        assert shop.access().subscriptions() == ()
        return
    with pytest.raises(errors.PlatformError) as caught:
        shop.access().subscriptions()

    assert type(caught.value) is kind


def test_an_answer_without_a_body_that_says_unauthorized_is_a_bad_token(shop: Shop) -> None:
    shop.konimbo.instead = Answered(401, b"<html>")

    with pytest.raises(errors.CredentialsRefusedError):
        shop.access().subscriptions()


@pytest.mark.parametrize("current", ["100", "101"])
def test_unauthorized_at_the_limit_is_the_limit(shop: Shop, current: str) -> None:
    shop.answers({}, 401, X_Rate_Limit_Current=current, X_Rate_Limit_Maximum="100")

    with pytest.raises(errors.RateLimitedError):
        shop.access().subscriptions()


def test_unauthorized_below_the_limit_is_a_bad_token(shop: Shop) -> None:
    shop.answers({}, 401, X_Rate_Limit_Current="99", X_Rate_Limit_Maximum="100")

    with pytest.raises(errors.CredentialsRefusedError):
        shop.access().subscriptions()


@pytest.mark.parametrize(("maximum", "made"), [(100, 20), (30, 6), (3, 1)])
def test_a_fifth_of_the_shops_calls_is_used_at_most(shop: Shop, maximum: int, made: int) -> None:
    shop.konimbo.maximum, shop.konimbo.per_page = maximum, 1
    add(shop, 50)
    access = shop.access()

    with pytest.raises((errors.RateLimitedError, errors.UnreadableAnswerError)):
        access.subscriptions()
    with pytest.raises(errors.RateLimitedError):
        access.subscriptions()

    assert len(shop.konimbo.asked) == made


def test_a_listing_that_does_not_end_is_an_error(shop: Shop) -> None:
    shop.konimbo.maximum, shop.konimbo.per_page = 10_000, 1
    add(shop, MAX_PAGES + 1)

    with pytest.raises(errors.UnreadableAnswerError, match="more than 20 pages"):
        shop.access().subscriptions()


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in RECORD.items() if key != name}


def test_a_webhook_with_an_empty_url_is_a_stranger_s_and_spoils_no_other(shop: Shop) -> None:
    shop.answers([{**RECORD, "id": 2, "callback_url": ""}, RECORD])

    assert [one.callback_url for one in shop.access().subscriptions()] == ["", URL]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"webhooks": None},
        {"webhook": RECORD},
        "text",
        [None],
        [{"webhook": None}],
        [without("id")],
        [without("event")],
        [without("callback_url")],
        [{**RECORD, "id": True}],
        [{**RECORD, "id": 1.5}],
        [{**RECORD, "id": "../items/1"}],
        [{**RECORD, "event": ["order_created"]}],
        [{**RECORD, "callback_url": None}],
        [RECORD, RECORD],
    ],
)
def test_what_cannot_be_understood_is_an_error_and_no_empty_list(shop: Shop, answer: Any) -> None:
    shop.answers(answer)

    with pytest.raises(errors.UnreadableAnswerError) as caught:
        shop.access().subscriptions()

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("total", ["0", "3", "x", "-1"])
def test_a_listing_of_more_or_fewer_than_it_says_is_an_error(shop: Shop, total: str) -> None:
    shop.answers([RECORD], X_Pagination_Total=total)

    with pytest.raises(errors.UnreadableAnswerError):
        shop.access().subscriptions()


def test_a_page_that_is_cut_off_is_an_error(shop: Shop) -> None:
    """The first page says 21, and the second is not found."""
    add(shop, 21)

    def answer(asked: Asked) -> Answered:
        if asked.query["page"] == "1":
            return shop.konimbo.answer(asked)
        return Answered.of({"message": "No results found"}, 404)

    with (
        api_server(answer) as url,
        pytest.raises(errors.UnreadableAnswerError, match="not as many"),
    ):
        Shop(url, shop.konimbo).access().subscriptions()


def test_a_page_that_repeats_some_of_the_one_before_is_an_error(shop: Shop) -> None:
    pages = [[RECORD, {**RECORD, "id": 2}], [{**RECORD, "id": 2}, {**RECORD, "id": 3}]]

    with (
        api_server(lambda _: Answered.of(pages.pop(0))) as url,
        pytest.raises(errors.UnreadableAnswerError, match="twice"),
    ):
        Shop(url, shop.konimbo).access().subscriptions()


FORMS_OF_ONE: dict[str, Callable[[Any], Any]] = {
    "object": lambda record: record,
    "wrapped": lambda record: {"webhook": record},
    "list of one": lambda record: [record],
    "both": lambda record: [{"webhook": record}],
    "text id": lambda record: {**record, "id": str(record["id"])},
}


@pytest.mark.parametrize("form", FORMS_OF_ONE)
def test_one_webhook_is_shown_in_every_form_it_may_come_in(shop: Shop, form: str) -> None:
    shop.konimbo.wrap_one = FORMS_OF_ONE[form]
    add(shop, 2)

    shown = shop.access().subscription("2")

    assert (shown.id, shown.callback_url, shown.topics) == ("2", URL, {"order_created"})
    (asked,) = shop.konimbo.asked
    assert (asked.method, asked.path, asked.query) == ("GET", "/v1/webhooks/2", {"token": TOKEN})


def test_one_that_the_listing_hides_is_shown(shop: Shop) -> None:
    add(shop, 2)
    shop.konimbo.inactive = {1, 2}
    access = shop.access()

    assert access.subscriptions() == ()
    assert access.subscription("2").callback_url == URL


@pytest.mark.parametrize("form", FORMS_OF_ONE)
def test_a_webhook_is_created_with_the_token_in_the_body(shop: Shop, form: str) -> None:
    shop.konimbo.wrap_one = FORMS_OF_ONE[form]
    access = shop.access()

    assert access.create_subscription(DESIRED) == "1"

    (asked,) = shop.konimbo.asked
    assert (asked.method, asked.path, asked.query) == ("POST", "/v1/webhooks", {})
    assert asked.headers["content-type"] == "application/json"
    assert asked.json() == {
        "token": TOKEN,
        "webhook": {"callback_url": URL, "event": "order_created"},
    }
    assert [one.callback_url for one in access.subscriptions()] == [URL]


def test_a_webhook_is_updated_in_place(shop: Shop) -> None:
    shop.konimbo.add_webhook("https://old.example/", "ticket_created")
    access = shop.access()

    access.update_subscription("1", DESIRED)

    (asked,) = shop.konimbo.asked
    assert (asked.method, asked.path, asked.query) == ("PUT", "/v1/webhooks/1", {})
    assert asked.json() == {
        "token": TOKEN,
        "webhook": {"callback_url": URL, "event": "order_created"},
    }
    (updated,) = access.subscriptions()
    assert (updated.id, updated.callback_url, updated.topics) == ("1", URL, {"order_created"})


@pytest.mark.parametrize("topics", [set(), {"order_created", "ticket_created"}])
def test_a_webhook_is_for_one_event_and_nothing_is_sent_otherwise(
    shop: Shop, topics: set[str]
) -> None:
    wrong = Desired("order_created", frozenset(topics), URL)
    access = shop.access()

    with pytest.raises(ValueError, match="unpack") as created:
        access.create_subscription(wrong)
    with pytest.raises(ValueError, match="unpack") as updated:
        access.update_subscription("1", wrong)

    assert "canary" not in f"{created.value!r}{updated.value!r}"
    assert not shop.konimbo.asked


@pytest.mark.parametrize("id_", ["1", "", "..", "1/../../items/1", "1?x=1", "1\n", "%2e", "x" * 65])
def test_what_is_not_there_is_neither_shown_nor_updated(shop: Shop, id_: str) -> None:
    with pytest.raises(errors.NotFoundError):
        shop.access().subscription(id_)
    with pytest.raises(errors.NotFoundError):
        shop.access().update_subscription(id_, DESIRED)

    assert {one.path for one in shop.konimbo.asked} <= {"/v1/webhooks/1"}


def test_a_path_that_konimbo_has_not_is_no_webhook_that_is_gone(shop: Shop) -> None:
    shop.answers({"message": "The endpoint you requested was not found"}, 404)

    with pytest.raises(errors.CallRefusedError):
        shop.access().subscription("1")
    with pytest.raises(errors.CallRefusedError):
        shop.access().create_subscription(DESIRED)
    with pytest.raises(errors.CallRefusedError):
        shop.access().update_subscription("1", DESIRED)


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, "text", [RECORD, RECORD], without("id"), without("event"), {"webhook": None}],
)
def test_one_that_cannot_be_read_is_an_error_and_not_gone(shop: Shop, answer: Any) -> None:
    shop.answers(answer)

    with pytest.raises(errors.UnreadableAnswerError):
        shop.access().subscription("1")


def test_another_than_was_asked_for_is_an_error(shop: Shop) -> None:
    shop.answers(RECORD)

    with pytest.raises(errors.UnreadableAnswerError, match="another webhook"):
        shop.access().subscription("2")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize(
    "body", [b"", b"true", b"<html>", b"[]", b"{}", b'{"id":null}', b'{"id":"../x"}', b"\xff"]
)
def test_whatever_a_success_says_the_webhook_was_created(
    shop: Shop, status: int, body: bytes
) -> None:
    odd = {"x-rate-limit-maximum": "many", "x-rate-limit-current": "-1"}
    shop.konimbo.instead = Answered(status, b"" if status == 204 else body, odd)

    assert shop.access().create_subscription(DESIRED) is None
    assert len(shop.konimbo.asked) == 1


@pytest.mark.parametrize("status", [200, 201, 204])
def test_whatever_a_success_says_the_webhook_was_updated(shop: Shop, status: int) -> None:
    shop.konimbo.instead = Answered(status, b"" if status == 204 else b"<html>")

    shop.access().update_subscription("1", DESIRED)

    assert len(shop.konimbo.asked) == 1


def test_a_token_without_the_right_is_told_from_one_that_is_not_known(shop: Shop) -> None:
    shop.konimbo.rights = {TOKEN: frozenset({"orders"})}

    with pytest.raises(errors.MissingRightError):
        shop.access().create_subscription(DESIRED)
    with pytest.raises(errors.CredentialsRefusedError):
        shop.access(webhooks_token="old").create_subscription(DESIRED)


def test_a_write_at_the_limit_is_no_bad_token(shop: Shop) -> None:
    shop.answers({}, 401, X_Rate_Limit_Current="100", X_Rate_Limit_Maximum="100")

    with pytest.raises(errors.RateLimitedError):
        shop.access().create_subscription(DESIRED)


def test_konimbo_does_not_tell_whose_shop_it_is_and_is_not_asked(shop: Shop) -> None:
    assert shop.access().account() is None
    assert not shop.konimbo.asked


def test_nothing_can_be_deleted_and_nothing_is_tried(shop: Shop) -> None:
    with pytest.raises(errors.NotOfferedError, match="support"):
        shop.access().delete_subscription("1")

    assert not shop.konimbo.asked


def test_a_good_check_has_no_findings(shop: Shop) -> None:
    add(shop, 1)

    assert shop.access().check().findings == ()


def test_each_token_that_is_given_is_checked_with_a_call_that_changes_nothing(shop: Shop) -> None:
    shop.konimbo.rights = {
        "for-webhooks": frozenset({"webhooks"}),
        "for-orders": frozenset({"orders"}),
        "for-items": frozenset({"items"}),
    }
    tokens = {
        f"{resource}_token": f"for-{resource}" for resource in ("webhooks", "orders", "items")
    }

    assert shop.access(**tokens).check().findings == ()
    asked = [(one.method, one.path, one.query["token"]) for one in shop.konimbo.asked]
    assert asked == [
        ("GET", "/v1/webhooks", "for-webhooks"),
        ("GET", "/v1/orders", "for-orders"),
        ("GET", "/v1/items", "for-items"),
    ]
    # Of other resources nothing is asked that could be personal.
    assert [one.query.get("attributes") for one in shop.konimbo.asked[1:]] == ["id", "id"]


def test_a_check_says_what_konimbos_support_has_to_grant(shop: Shop) -> None:
    shop.konimbo.rights = {TOKEN: frozenset({"items"})}

    findings = shop.access(orders_token=TOKEN, items_token=TOKEN).check().findings

    assert [finding.problem for finding in findings] == [
        "the token has no right to webhooks",
        "the token has no right to orders",
    ]
    webhooks, orders = (finding.ask or "" for finding in findings)
    assert "GET, POST and PUT /v1/webhooks" in webhooks
    assert "GET /v1/orders" in orders


def test_a_check_says_which_token_konimbo_does_not_know(shop: Shop) -> None:
    findings = shop.access(webhooks_token="old", orders_token="old").check().findings

    assert ["webhooks" in findings[0].problem, "orders" in findings[1].problem] == [True, True]
    assert "active" in (findings[0].ask or "")


@pytest.mark.parametrize("name", ["id", "event", "callback_url"])
def test_a_check_says_that_a_token_may_not_see_enough_of_a_webhook(shop: Shop, name: str) -> None:
    shop.answers([without(name)])

    (finding,) = shop.access().check().findings

    assert name in finding.problem
    assert "attributes id, event and callback_url" in (finding.ask or "")


def test_a_check_that_learns_nothing_is_an_error(shop: Shop) -> None:
    shop.answers({}, 500)

    with pytest.raises(errors.PlatformBrokenError):
        shop.access().check()


def test_it_needs_no_consent(shop: Shop) -> None:
    assert not isinstance(shop.access(), Authorizable)


def test_credentials_of_another_platform_are_a_mistake() -> None:
    with pytest.raises(TypeError):
        ACCESS.open(ACME, "https://x.example", Credentials(), surroundings())


def test_credentials_are_shown_nowhere() -> None:
    some = KonimboCredentials.model_validate({"token": TOKEN, "orders_token": "orders-canary"})

    assert "canary" not in f"{some!r}{some}{some.model_dump()}"


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 422, 429, 500])
def test_no_token_or_url_is_told_whatever_konimbo_answers(
    shop: Shop, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("urllib3", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, name)
    # The token is in the URL, and the answer quotes it.
    shop.answers({"message": f"body-canary {TOKEN}"}, status, Location=f"/x?token={TOKEN}")
    try:
        said = repr(shop.access().subscriptions())
    except errors.PlatformError as error:
        said = "".join(traceback.format_exception(error))

    assert shop.konimbo.asked[0].query["token"] == TOKEN
    assert "canary" not in said + caplog.text


def test_a_token_with_signs_of_a_url_in_it_stays_one_parameter(shop: Shop) -> None:
    token = "a&page=9#?/ \u05d0"
    shop.konimbo.rights = {token: frozenset({"webhooks"})}

    assert shop.access(token=token).subscriptions() == ()
