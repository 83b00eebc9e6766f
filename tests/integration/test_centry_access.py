"""Centry's access against a fake Centry on loopback: tokens, webhooks, and what is missing."""

import logging
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from centry.access import ACCESS
from centry.oauth import OUT_OF_BAND, CentryCredentials, TokenEndpoint
from centry.webhook import PLATFORM
from centry.webhooks_api import MAX_PAGES
from commerce_hooks.http import errors
from commerce_hooks.http.api import Api
from commerce_hooks.http.transport import ApiResponse
from commerce_hooks.http.wire import Wire
from commerce_hooks.platform_access import Authorizable, Credentials, Desired
from commerce_hooks.stores import StoreId
from konimbo.access import ACCESS as KONIMBO
from support.fake_centry import COMPANY, FLAGS, FakeCentry, centry_server
from support.fake_oauth import CLIENT_ID, CLIENT_SECRET, FakeOAuth
from support.loopback import Answered
from support.state_table import FakeStateTable
from support.surroundings import FakeTime, FakeTransport, surroundings

ACME = StoreId("centry", "acme")
OURS = "https://hooks.example/centry/acme/k1.1.url-canary"
LIST = ("GET", "/conexion/v1/webhooks.json")
TOKEN = ("POST", "/oauth/token")
ID = f"{1:024x}"
SHOW = ("GET", f"/conexion/v1/webhooks/{ID}.json")
CREATE = ("POST", LIST[1])
UPDATE = ("PUT", SHOW[1])
DESIRED = Desired(None, frozenset({"on_order_save", "on_product_delete"}), OURS)


def credentials(**changed: str) -> CentryCredentials:
    known = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return CentryCredentials.model_validate({**known, **changed})


@dataclass
class Shop:
    """A store's access to the fake Centry. Other runs share the table."""

    url: str
    centry: FakeCentry
    time: FakeTime
    table: FakeStateTable

    def access(self, **changed: str) -> Any:
        around = surroundings(Wire(http_on_loopback=True), self.table, self.time)
        return ACCESS.open(ACME, self.url, credentials(**changed), around)

    def answers(self, call: tuple[str, str], value: Any, status: int = 200) -> None:
        self.centry.instead[call] = Answered.of(value, status)


@pytest.fixture
def shop() -> Iterator[Shop]:
    time = FakeTime()
    centry = FakeCentry(FakeOAuth(now=time.clock))
    with centry_server(centry) as url:
        yield Shop(url, centry, time, FakeStateTable())


def test_stores_are_at_centry_or_at_its_test_host_and_nowhere_else() -> None:
    assert ACCESS.environments == {
        "production": "https://www.centry.cl",
        "test": "https://test.centry.cl",
    }


def test_all_webhooks_are_listed_whoever_made_them(shop: Shop) -> None:
    shop.centry.add_webhook(f" {OURS}\n", on_order_save=True, on_product_save=True)
    shop.centry.add_webhook("https://other.example/", on_order_delete=True)

    ours, others = shop.access().subscriptions()

    assert (ours.id, ours.callback_url, ours.account) == (ID, OURS, COMPANY)
    assert ours.topics == {"on_order_save", "on_product_save"}
    assert others.topics == {"on_order_delete"}


def test_flags_that_older_records_lack_are_not_set(shop: Shop) -> None:
    shop.centry.add_webhook(OURS, on_integration_config_save=None, on_order_save=True)

    (webhook,) = shop.access().subscriptions()

    assert webhook.topics == {"on_order_save"}


@pytest.mark.parametrize("count", [0, 1, 7, 8, 205])
@pytest.mark.parametrize("page_size", [7, 1000])
def test_all_pages_are_read_however_large_centry_makes_them(
    shop: Shop, count: int, page_size: int
) -> None:
    shop.centry.page_size = page_size
    for number in range(count):
        shop.centry.add_webhook(f"https://{number}.example/")

    assert len(shop.access().subscriptions()) == count


def test_a_listing_that_does_not_end_is_an_error(shop: Shop) -> None:
    shop.centry.page_size = 1
    for number in range(MAX_PAGES + 1):
        shop.centry.add_webhook(f"https://{number}.example/")

    with pytest.raises(errors.UnreadableAnswerError, match="more than 50 pages"):
        shop.access().subscriptions()


RECORD = {"_id": ID, "callback_url": OURS}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"webhooks": []},
        None,
        [None],
        [{"callback_url": OURS}],
        [{**RECORD, "_id": 5}],
        [{**RECORD, "_id": "../../oauth"}],
        [{"_id": ID}],
        [{**RECORD, "callback_url": 5}],
        [{**RECORD, "on_order_save": "true"}],
        [{**RECORD, "on_order_save": 1}],
        [RECORD, RECORD],
        [RECORD],  # the same on every page: the cursor is not heard
    ],
)
def test_what_is_not_as_documented_is_an_error(shop: Shop, answer: Any) -> None:
    shop.answers(LIST, answer)

    with pytest.raises(errors.UnreadableAnswerError) as caught:
        shop.access().subscriptions()

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("url", [None, "", " "])
def test_a_webhook_that_says_it_calls_nobody_is_a_stranger_s_and_spoils_no_other(
    shop: Shop, url: str | None
) -> None:
    shop.centry.webhooks[shop.centry.add_webhook("")]["callback_url"] = url
    shop.centry.add_webhook(OURS)

    strangers, ours = shop.access().subscriptions()

    assert (strangers.callback_url, ours.callback_url) == ("", OURS)


def test_one_that_does_not_say_whom_it_calls_may_be_ours(shop: Shop) -> None:
    del shop.centry.webhooks[shop.centry.add_webhook(OURS)]["callback_url"]

    with pytest.raises(errors.UnreadableAnswerError, match="without a callback URL"):
        shop.access().subscriptions()


def test_a_login_page_is_an_error(shop: Shop) -> None:
    shop.centry.instead[LIST] = Answered(200, b"<html>canary</html>", {"content-type": "text/html"})

    with pytest.raises(errors.UnreadableAnswerError, match="not_json"):
        shop.access().subscriptions()


def calls(shop: Shop, method: str) -> list[Any]:
    """The bodies that were sent so, but to the token endpoint."""
    return [
        one.json() for one in shop.centry.asked if one.method == method and one.path != TOKEN[1]
    ]


def test_a_webhook_is_created_with_all_six_flags(shop: Shop) -> None:
    id_ = shop.access().create_subscription(DESIRED)

    (sent,) = calls(shop, "POST")
    flags = {**dict.fromkeys(FLAGS, False), "on_order_save": True, "on_product_delete": True}
    assert sent == {"callback_url": OURS, **flags}
    assert shop.centry.asked[-1].headers["content-type"] == "application/json"
    (created,) = shop.access().subscriptions()
    assert (created.id, created.callback_url, created.topics) == (id_, OURS, DESIRED.topics)


def test_the_flags_are_the_topics_that_we_take() -> None:
    assert set(FLAGS) == PLATFORM.topics.keys()


def test_a_webhook_is_updated_in_place_and_what_is_not_desired_is_switched_off(shop: Shop) -> None:
    id_ = shop.centry.add_webhook("https://old.example/", on_product_save=True)

    shop.access().update_subscription(id_, DESIRED)

    (sent,) = calls(shop, "PUT")
    assert sent.keys() == {"callback_url", *FLAGS}
    (updated,) = shop.access().subscriptions()
    assert (updated.id, updated.callback_url, updated.topics) == (id_, OURS, DESIRED.topics)


def test_one_webhook_is_shown(shop: Shop) -> None:
    shop.centry.add_webhook("https://other.example/")
    id_ = shop.centry.add_webhook(OURS, on_order_save=True)

    shown = shop.access().subscription(id_)

    assert (shown.id, shown.callback_url, shown.topics) == (id_, OURS, {"on_order_save"})
    assert shown.account == COMPANY


@pytest.mark.parametrize("answer", [[], None, {}, {"_id": ID}, {"_id": "5", "callback_url": OURS}])
def test_one_that_cannot_be_read_is_an_error_and_not_gone(shop: Shop, answer: Any) -> None:
    shop.answers(SHOW, answer)

    with pytest.raises(errors.UnreadableAnswerError):
        shop.access().subscription(ID)


def test_another_than_was_asked_for_is_an_error(shop: Shop) -> None:
    shop.answers(SHOW, {"_id": f"{2:024x}", "callback_url": OURS})

    with pytest.raises(errors.UnreadableAnswerError, match="another webhook"):
        shop.access().subscription(ID)


@pytest.mark.parametrize("id_", [ID, "", "..", f"{ID}/../../x", f"{ID}\n", "G" * 24, "%2e"])
def test_what_is_not_there_is_neither_shown_nor_updated(shop: Shop, id_: str) -> None:
    with pytest.raises(errors.NotFoundError):
        shop.access().subscription(id_)
    with pytest.raises(errors.NotFoundError):
        shop.access().update_subscription(id_, DESIRED)

    assert {one.path for one in shop.centry.asked} <= {TOKEN[1], SHOW[1]}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize("body", [b"", b"true", b"<html>", b"[]", b"{}", b'{"_id":5}', b"\xff"])
def test_whatever_a_success_says_the_webhook_was_created(
    shop: Shop, status: int, body: bytes
) -> None:
    shop.centry.instead[CREATE] = Answered(status, b"" if status == 204 else body)

    assert shop.access().create_subscription(DESIRED) is None
    assert len(calls(shop, "POST")) == 1


@pytest.mark.parametrize("status", [200, 201, 204])
def test_whatever_a_success_says_the_webhook_was_updated(shop: Shop, status: int) -> None:
    shop.centry.instead[UPDATE] = Answered(status, b"" if status == 204 else b"<html>")

    shop.access().update_subscription(ID, DESIRED)

    assert len(calls(shop, "PUT")) == 1


def test_a_topic_that_centry_has_not_is_a_mistake_and_nothing_is_sent(shop: Shop) -> None:
    wrong = Desired(None, frozenset({"on_order_save", "order_created"}), OURS)
    access = shop.access()

    with pytest.raises(ValueError, match="no such topic"):
        access.create_subscription(wrong)
    with pytest.raises(ValueError, match="no such topic"):
        access.update_subscription(ID, wrong)

    assert not shop.centry.asked


def test_a_write_that_met_an_ended_token_is_made_again_with_a_new_one(shop: Shop) -> None:
    access = shop.access()
    access.subscriptions()
    shop.centry.oauth.grants[0].revoked = True

    assert access.create_subscription(DESIRED) == ID
    shop.centry.oauth.grants[1].revoked = True
    access.update_subscription(ID, DESIRED)

    assert len(shop.centry.webhooks) == 1
    assert shop.centry.oauth.calls == ["client_credentials"] * 3


def test_a_write_whose_every_token_is_refused_is_made_twice_at_most(shop: Shop) -> None:
    shop.answers(CREATE, {"error": "no"}, 401)

    with pytest.raises(errors.CredentialsRefusedError):
        shop.access().create_subscription(DESIRED)

    assert len(calls(shop, "POST")) == 2


@pytest.mark.parametrize(
    ("granted", "method", "named"),
    [
        (None, "GET", "read_webhook"),
        (None, "POST", "write_webhook"),
        (None, "PUT", "write_webhook"),
        (None, "DELETE", "write_webhook"),
        ("read_webhook", "POST", "write_webhook"),
        ("write_webhook", "GET", "read_webhook"),
        ("public", "PUT", "read_webhook write_webhook"),
        ("read_webhook write_webhook", "POST", "write_webhook"),
    ],
)
def test_a_missing_scope_is_named(shop: Shop, granted: str | None, method: str, named: str) -> None:
    shop.centry.oauth.scope = granted
    shop.centry.readable = shop.centry.writable = False
    access = shop.access()
    made = {
        "GET": lambda: access.subscription(ID),
        "POST": lambda: access.create_subscription(DESIRED),
        "PUT": lambda: access.update_subscription(ID, DESIRED),
        "DELETE": lambda: access.delete_subscription(ID),
    }

    with pytest.raises(errors.MissingRightError) as caught:
        made[method]()

    assert caught.value.right == named
    assert str(caught.value).endswith(f"no right to {named}")


@pytest.mark.parametrize("company", [COMPANY, None])
def test_a_shop_is_told_by_its_company_if_that_may_be_asked(
    shop: Shop, company: str | None
) -> None:
    shop.centry.company = company

    assert shop.access().account() == company


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.CredentialsRefusedError),
        (404, errors.NotFoundError),
        (429, errors.RateLimitedError),
        (500, errors.PlatformBrokenError),
    ],
)
def test_a_company_that_could_not_be_asked_for_is_not_taken_for_none(
    shop: Shop, status: int, kind: type[errors.PlatformError]
) -> None:
    shop.answers(("GET", "/conexion/v1/company_info.json"), {}, status)

    with pytest.raises(kind):
        shop.access().account()


def test_nothing_of_the_early_draft_is_sent(shop: Shop) -> None:
    """It had a text `events`, an `app_id`, and `?force=true` to write over another webhook."""
    access = shop.access()
    access.check()
    id_ = access.create_subscription(DESIRED)
    access.subscription(id_)
    access.update_subscription(id_, DESIRED)
    access.account()
    access.subscriptions()
    access.delete_subscription(id_)

    said = {name for one in shop.centry.asked for name in one.query}
    for one in shop.centry.asked:
        said |= set(one.json()) if one.body else set()
    assert {"limit", "callback_url", "grant_type"} <= said
    assert not said & {"events", "app_id", "force"}


def test_a_webhook_is_deleted_at_the_plural_path(shop: Shop) -> None:
    id_ = shop.centry.add_webhook(OURS)

    shop.access().delete_subscription(id_)

    assert shop.centry.webhooks == {}
    assert shop.centry.asked[-1].path == f"/conexion/v1/webhooks/{ID}.json"


@pytest.mark.parametrize("id_", [ID, "", "..", f"{ID}/../../x", f"{ID}\n", "G" * 24, "%2e"])
def test_what_is_not_there_cannot_be_deleted(shop: Shop, id_: str) -> None:
    with pytest.raises(errors.NotFoundError):
        shop.access().delete_subscription(id_)


def test_a_deletion_that_is_not_confirmed_is_an_error(shop: Shop) -> None:
    shop.answers(("DELETE", f"/conexion/v1/webhooks/{ID}.json"), {"deleted": False})

    with pytest.raises(errors.UnreadableAnswerError):
        shop.access().delete_subscription(ID)


def test_runs_share_an_access_token_until_it_ends(shop: Shop) -> None:
    for _ in range(3):
        shop.access().subscriptions()
    assert shop.centry.oauth.calls == ["client_credentials"]

    shop.time.pause(7200)
    shop.access().subscriptions()

    assert shop.centry.oauth.calls == ["client_credentials"] * 2


def test_a_token_that_centry_takes_no_more_is_renewed_once(shop: Shop) -> None:
    access = shop.access()
    access.subscriptions()
    shop.centry.oauth.grants[0].revoked = True

    assert access.subscriptions() == ()
    assert shop.centry.oauth.calls == ["client_credentials"] * 2


def test_a_shop_that_refuses_every_token_is_not_asked_for_ever(shop: Shop) -> None:
    shop.answers(LIST, {"error": "no"}, 401)

    with pytest.raises(errors.CredentialsRefusedError):
        shop.access().subscriptions()

    assert len(shop.centry.asked) == 4  # token, list, token, list


def test_another_client_secret_gets_a_token_of_its_own(shop: Shop) -> None:
    shop.access().subscriptions()

    with pytest.raises(errors.CredentialsRefusedError, match="client id and secret"):
        shop.access(client_secret="wrong").subscriptions()


def test_a_good_check_has_no_findings_and_tells_the_shop(shop: Shop) -> None:
    shop.centry.add_webhook(OURS)

    checked = shop.access().check()

    assert (checked.findings, checked.account) == ((), COMPANY)
    assert {asked.method for asked in shop.centry.asked if asked.path != TOKEN[1]} == {"GET"}


@pytest.mark.parametrize("company", [COMPANY, None])
def test_a_shop_without_webhooks_is_told_by_its_company_if_that_may_be_asked(
    shop: Shop, company: str | None
) -> None:
    shop.centry.company = company

    assert shop.access().check().account == company


@pytest.mark.parametrize("answer", [[], {}, None, [5], {"_id": 5}, "x"])
def test_a_company_that_cannot_be_read_is_none(shop: Shop, answer: Any) -> None:
    shop.answers(("GET", "/conexion/v1/company_info.json"), answer)

    assert shop.access().check().account is None


def test_a_company_that_could_not_be_asked_for_spoils_no_check(shop: Shop) -> None:
    shop.answers(("GET", "/conexion/v1/company_info.json"), {}, 500)

    checked = shop.access().check()

    assert (checked.findings, checked.account) == ((), None)


def test_a_check_says_which_scope_is_missing_if_centry_told_what_it_granted(shop: Shop) -> None:
    shop.centry.oauth.scope = "public read_webhook"

    (finding,) = shop.access().check().findings

    assert finding.problem == "Centry has not granted the scopes write_webhook"
    assert finding.ask is not None
    assert "write_webhook" in finding.ask


@pytest.mark.parametrize(
    ("scope", "missing"),
    [
        (None, "read_webhook write_webhook"),
        ("write_webhook", "read_webhook"),
        ("read_webhook write_webhook", "read_webhook write_webhook"),
    ],
)
def test_a_check_says_so_if_webhooks_cannot_be_read(
    shop: Shop, scope: str | None, missing: str
) -> None:
    shop.centry.oauth.scope, shop.centry.readable = scope, False

    (finding,) = shop.access().check().findings

    assert finding.problem == f"Centry has not granted the scopes {missing}"


def test_a_check_says_that_credentials_are_refused(shop: Shop) -> None:
    (finding,) = shop.access(client_secret="wrong").check().findings

    assert finding.problem == "Centry does not know this client id and secret"
    assert finding.ask is not None


def test_a_check_says_that_the_shop_has_to_consent(shop: Shop) -> None:
    (finding,) = shop.access(grant="authorization_code").check().findings

    assert "stores authorize" in finding.problem


def test_a_check_that_learns_nothing_is_an_error(shop: Shop) -> None:
    shop.answers(LIST, {}, 500)

    with pytest.raises(errors.PlatformBrokenError):
        shop.access().check()


def test_the_shop_consents_at_a_url_without_secrets(shop: Shop) -> None:
    url = urlsplit(shop.access(grant="authorization_code").authorize_url())

    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{shop.url}/oauth/authorize"
    assert parse_qs(url.query) == {
        "client_id": [CLIENT_ID],
        "redirect_uri": [OUT_OF_BAND],
        "response_type": ["code"],
        "scope": ["read_webhook write_webhook"],
    }


def test_the_code_is_exchanged_and_serves_all_runs_from_then_on(shop: Shop) -> None:
    shop.access(grant="authorization_code").authorize("good-code")

    assert shop.access(grant="authorization_code").subscriptions() == ()
    shop.time.pause(7200)
    assert shop.access(grant="authorization_code").subscriptions() == ()
    assert shop.centry.oauth.calls == ["authorization_code", "refresh_token"]


def test_a_wrong_code_is_told(shop: Shop) -> None:
    with pytest.raises(errors.AuthorizationLostError):
        shop.access(grant="authorization_code").authorize("wrong")


def test_consent_outlives_a_change_of_the_client_secret(shop: Shop) -> None:
    shop.access(grant="authorization_code").authorize("good-code")

    renewed = shop.access(grant="authorization_code", client_secret="rotated")

    assert renewed.subscriptions() == ()


def test_only_what_needs_consent_offers_it(shop: Shop) -> None:
    assert isinstance(shop.access(grant="authorization_code"), Authorizable)
    assert not isinstance(shop.access(), Authorizable)


def test_credentials_of_another_platform_are_a_mistake(shop: Shop) -> None:
    others = KONIMBO.credentials.model_validate({"token": "x"})

    with pytest.raises(TypeError):
        ACCESS.open(ACME, shop.url, others, surroundings())


def test_credentials_are_shown_nowhere() -> None:
    some: Credentials = credentials()

    assert CLIENT_SECRET not in f"{some!r}{some}{some.model_dump()}"


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("call", [LIST, TOKEN])
@pytest.mark.parametrize("grant", ["client_credentials", "authorization_code"])
def test_no_secret_is_told_whatever_centry_answers(
    shop: Shop,
    grant: str,
    call: tuple[str, str],
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    access = shop.access(grant=grant)
    if grant == "authorization_code":
        access.authorize("good-code")
        shop.time.pause(7200)
    # Whatever is quoted has a canary: client secret, tokens, URL and this body.
    shop.answers(call, {"error": "body-canary", "error_description": "body-canary"}, status)
    try:
        said = repr(access.subscriptions())
    except errors.PlatformError as error:
        said = "".join(traceback.format_exception(error))

    assert "canary" not in said + caplog.text


def asked_for_tokens(answer: ApiResponse, **changed: str) -> Any:
    api = Api(FakeTransport([answer]), lambda _: None)
    endpoint = TokenEndpoint("https://x.example", credentials(**changed), api)
    return endpoint.renew("refresh-1", 10)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error":"invalid_grant"}', errors.AuthorizationLostError),
        (401, b'{"error":"invalid_grant"}', errors.AuthorizationLostError),
        (401, b'{"error":"invalid_client"}', errors.CredentialsRefusedError),
        (400, b'{"error":"unauthorized_client"}', errors.CredentialsRefusedError),
        (400, b'{"error":"unsupported_grant_type"}', errors.CredentialsRefusedError),
        (400, b'{"error":"invalid_scope"}', errors.MissingRightError),
        (400, b'{"error":"another"}', errors.CallRefusedError),
        (400, b'{"error":["invalid_grant"]}', errors.CallRefusedError),
        (400, b"[]", errors.CallRefusedError),
        (400, b"<html>", errors.CallRefusedError),
        (401, b"<html>", errors.CredentialsRefusedError),
        # A server that failed has refused nothing for good, whatever it says.
        (500, b'{"error":"invalid_grant"}', errors.PlatformBrokenError),
        (200, b"[]", errors.UnreadableAnswerError),
        (200, b'{"access_token":""}', errors.UnreadableAnswerError),
        (200, b'{"access_token":"a\\nb"}', errors.UnreadableAnswerError),
        (200, b'{"access_token":5}', errors.UnreadableAnswerError),
    ],
)
def test_the_token_endpoint_says_who_has_to_act(
    status: int, body: bytes, kind: type[errors.PlatformError]
) -> None:
    with pytest.raises(errors.PlatformError) as caught:
        asked_for_tokens(ApiResponse(status, {}, body), grant="authorization_code")

    assert type(caught.value) is kind


def test_no_shop_has_to_consent_where_none_ever_did() -> None:
    refused = ApiResponse(400, {}, b'{"error":"invalid_grant"}')

    with pytest.raises(errors.CredentialsRefusedError) as caught:
        asked_for_tokens(refused)

    assert "authorize" not in str(caught.value)
    assert not isinstance(caught.value, errors.AuthorizationLostError)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7200", 7200), ("null", 300), ("true", 300), ("0", 300), ('"x"', 300), ("99999999", 2592000)],
)
def test_a_token_is_kept_however_oddly_its_end_is_told(told: str, seconds: int) -> None:
    body = f'{{"access_token":"a","expires_in":{told},"refresh_token":7,"scope":"x y"}}'

    tokens = asked_for_tokens(ApiResponse(200, {}, body.encode()))

    assert (tokens.seconds, tokens.refresh_token, tokens.scopes) == (seconds, None, ("x", "y"))
