"""The fake Centry's OAuth: who gets tokens, what they are good for, and when they end."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fake_platforms import Application, FakeCentry
from support.fake_shops import CLIENT, REDIRECT, WEBHOOKS, CentryShop, Clock, centry_shop
from support.platform_calls import Caller

CLOCK_AT = 1_700_000_000


@pytest.fixture
def clock() -> Clock:
    return Clock(CLOCK_AT)


@pytest.fixture
def shop(clock: Clock) -> Iterator[CentryShop]:
    with centry_shop(FakeCentry(clock)) as shop:
        yield shop


def status_with(shop: CentryShop, access_token: str) -> int:
    return Caller(shop.url, {"authorization": f"Bearer {access_token}"}).get(WEBHOOKS).status


def consented(shop: CentryShop, client_id: str = CLIENT) -> Any:
    code = shop.centry.oauth.consent(client_id)
    return shop.token("authorization_code", code=code).json


def test_any_application_gets_a_token_for_two_hours(shop: CentryShop) -> None:
    told = shop.token(scope="read_webhook write_webhook").json

    assert told.pop("access_token")
    assert told == {"token_type": "bearer", "expires_in": 7200, "created_at": CLOCK_AT}


def test_an_application_may_send_a_form(shop: CentryShop) -> None:
    body = (
        b"client_id=a&client_secret=b&grant_type=client_credentials"
        b"&redirect_uri=urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob"
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}

    reply = Caller(shop.url).call("POST", "/oauth/token", body=body, headers=headers)

    assert status_with(shop, reply.json["access_token"]) == 200


@pytest.mark.parametrize(("seconds", "status"), [(7199, 200), (7200, 401)])
def test_an_access_token_ends_after_two_hours(
    shop: CentryShop, clock: Clock, seconds: int, status: int
) -> None:
    api = shop.api()
    clock.now += seconds

    assert api.get(WEBHOOKS).status == status


def test_how_long_a_token_lives_can_be_set(shop: CentryShop, clock: Clock) -> None:
    shop.centry.oauth.lifetime = 10
    api = shop.api()
    clock.now += 10

    assert api.get(WEBHOOKS).status == 401
    assert shop.token().json["expires_in"] == 10


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer unknown", "Basic dGVzdDp0ZXN0"])
def test_who_has_no_token_is_answered_401(shop: CentryShop, header: str) -> None:
    assert Caller(shop.url, {"authorization": header}).get(WEBHOOKS).status == 401


def test_applications_have_companies_of_their_own_and_the_same_in_every_run(
    shop: CentryShop,
) -> None:
    other = CentryShop(shop.centry, shop.url, "another-client")

    def companies(centry_shop: CentryShop) -> Any:
        return centry_shop.api().get("/conexion/v1/company_info.json").json

    assert companies(shop)[0]["_id"] == shop.company == FakeCentry().company_of(CLIENT)
    assert companies(other)[0]["_id"] == other.company != shop.company


def test_the_company_can_be_behind_a_scope(shop: CentryShop) -> None:
    shop.centry.company_scope = "read_user"

    assert shop.api().get("/conexion/v1/company_info.json").status == 403
    assert shop.api("read_user").get("/conexion/v1/company_info.json").status == 200


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", WEBHOOKS, "read_webhook"),
        ("GET", "/conexion/v1/webhooks/1.json", "read_webhook"),
        ("POST", WEBHOOKS, "write_webhook"),
        ("PUT", "/conexion/v1/webhooks/1.json", "write_webhook"),
        ("DELETE", "/conexion/v1/webhooks/1.json", "write_webhook"),
    ],
)
def test_a_call_needs_its_scope(shop: CentryShop, method: str, path: str, scope: str) -> None:
    told = None if method in {"GET", "DELETE"} else {"callback_url": "https://hooks.example/"}
    others = " ".join({"public", "read_webhook", "write_webhook"} - {scope})

    assert shop.api(others).call(method, path, told).status == 403
    assert shop.api(scope).call(method, path, told).status in {200, 201, 404}


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_id": 1}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "write_products"}, 400, "invalid_scope"),
        ({"grant_type": "authorization_code", "code": "unknown"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token"}, 400, "invalid_grant"),
    ],
)
def test_a_strict_centry_knows_its_applications(
    changed: dict[str, Any], status: int, error: str
) -> None:
    known = Application(CLIENT, "secret-canary", scopes=["read_webhook"], company="c" * 24)
    with centry_shop(FakeCentry(applications=[known])) as shop:
        assert shop.token().status == 200
        reply = shop.token(**{"grant_type": "client_credentials", **changed})

    assert (reply.status, reply.json["error"]) == (status, error)
    assert b"secret-canary" not in reply.body


def test_an_application_is_told_when_it_gets_less_than_it_asked_for() -> None:
    known = Application(CLIENT, scopes=["read_webhook"])
    with centry_shop(FakeCentry(applications=[known])) as shop:
        told = shop.token(scope="read_webhook write_webhook").json

        assert told["scope"] == "read_webhook"
        assert shop.api().delete("/conexion/v1/webhooks/1.json").status == 403


def test_a_code_is_good_for_once_and_for_ten_minutes(shop: CentryShop, clock: Clock) -> None:
    code, late = (shop.centry.oauth.consent(CLIENT) for _ in range(2))
    told = shop.token("authorization_code", code=code).json

    assert status_with(shop, told["access_token"]) == 200
    assert shop.token("authorization_code", code=code).status == 400
    clock.now += 600
    assert shop.token("authorization_code", code=late).status == 400


def test_a_code_is_for_its_application_and_its_uri_only(shop: CentryShop) -> None:
    other = shop.centry.oauth.consent("another-client")
    elsewhere = shop.centry.oauth.consent(CLIENT, redirect_uri="https://shop.example/")

    assert shop.token("authorization_code", code=other).status == 400
    assert shop.token("authorization_code", code=elsewhere).status == 400


def test_each_refresh_brings_a_new_refresh_token(shop: CentryShop, clock: Clock) -> None:
    first = consented(shop)
    clock.now += 7200
    second = shop.token("refresh_token", refresh_token=first["refresh_token"]).json
    third = shop.token("refresh_token", refresh_token=second["refresh_token"]).json

    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    assert status_with(shop, first["access_token"]) == 401
    assert status_with(shop, third["access_token"]) == 200


def test_a_refresh_token_that_is_used_twice_ends_all_of_its_consent(shop: CentryShop) -> None:
    first, unrelated = consented(shop), consented(shop)
    second = shop.token("refresh_token", refresh_token=first["refresh_token"]).json

    again = shop.token("refresh_token", refresh_token=first["refresh_token"])

    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    assert status_with(shop, second["access_token"]) == 401
    assert shop.token("refresh_token", refresh_token=second["refresh_token"]).status == 400
    assert status_with(shop, unrelated["access_token"]) == 200


def test_or_an_old_refresh_token_is_good_until_the_new_access_token_is_used(
    shop: CentryShop,
) -> None:
    shop.centry.oauth.strict_refresh = False
    first = consented(shop)
    old = first["refresh_token"]

    assert shop.token("refresh_token", refresh_token=old).status == 200
    second = shop.token("refresh_token", refresh_token=old).json
    assert status_with(shop, second["access_token"]) == 200
    assert shop.token("refresh_token", refresh_token=old).status == 400
    assert shop.token("refresh_token", refresh_token=second["refresh_token"]).status == 200


def test_a_refresh_token_is_for_its_application_only(shop: CentryShop) -> None:
    told = consented(shop, CLIENT)
    other = CentryShop(shop.centry, shop.url, "another-client")

    assert other.token("refresh_token", refresh_token=told["refresh_token"]).status == 400
    assert shop.token("refresh_token", refresh_token=told["refresh_token"]).status == 200


def test_consent_can_be_withdrawn(shop: CentryShop) -> None:
    told = consented(shop)
    shop.centry.oauth.revoke("another-client")
    assert status_with(shop, told["access_token"]) == 200

    shop.centry.oauth.revoke(CLIENT)

    assert status_with(shop, told["access_token"]) == 401
    assert shop.token("refresh_token", refresh_token=told["refresh_token"]).status == 400


def authorize(shop: CentryShop, **changed: str) -> Any:
    asked = {
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "read_webhook",
    }
    return Caller(shop.url).get("/oauth/authorize", **{**asked, **changed})


def test_who_opens_the_page_of_consent_sees_a_code(shop: CentryShop) -> None:
    code = authorize(shop).body.decode()

    told = shop.token("authorization_code", code=code, scope="read_webhook").json
    assert status_with(shop, told["access_token"]) == 200


def test_or_the_code_goes_to_the_redirect_uri(shop: CentryShop) -> None:
    uri = "https://app.example/back?from=centry"
    reply = authorize(shop, redirect_uri=uri)
    place = urlsplit(reply.headers["location"])
    asked = parse_qs(place.query)

    assert (reply.status, place.netloc, asked["from"]) == (302, "app.example", ["centry"])
    code = asked["code"][0]
    assert shop.token("authorization_code", code=code, redirect_uri=uri).status == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://app.example/\r\nset-cookie: a=b"},
        {"response_type": "token"},
        {"scope": "everything"},
    ],
)
def test_a_page_of_consent_that_is_asked_for_wrongly_gives_no_code(
    shop: CentryShop, changed: dict[str, str]
) -> None:
    reply = authorize(shop, **changed)

    assert reply.status in {400, 401}
    assert "location" not in reply.headers
    assert "set-cookie" not in reply.headers


def test_an_application_has_its_redirect_uri() -> None:
    known = Application(CLIENT, redirect_uri="https://app.example/back")
    with centry_shop(FakeCentry(applications=[known])) as shop:
        assert authorize(shop).status == 401
        assert authorize(shop, redirect_uri="https://app.example/back").status == 302


def test_nothing_secret_is_shown_by_what_the_fake_keeps(shop: CentryShop) -> None:
    told = consented(shop)
    shown = repr((shop.centry.oauth, Application(CLIENT, "secret-canary")))

    assert "secret-canary" not in shown
    assert told["access_token"] not in shown
    assert told["refresh_token"] not in shown
