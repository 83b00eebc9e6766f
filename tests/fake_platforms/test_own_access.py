"""Our own way to the platforms, against the fakes: it lists, checks and deletes."""

from collections.abc import Iterator
from typing import Any

import pytest

from centry.access import ACCESS as CENTRY
from centry.oauth import CentryCredentials
from commerce_hooks.http import errors
from commerce_hooks.http.wire import Wire
from commerce_hooks.stores import StoreId
from fake_platforms import ApiUser, Application, Behaviour, FakeCentry, FakeKonimbo, Kind, serving
from konimbo.access import ACCESS as KONIMBO
from konimbo.access import KonimboCredentials
from support.fake_shops import CLIENT, TOKEN, WEBHOOKS
from support.surroundings import FakeTime, surroundings

URL = "https://hooks.example/acme"


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def centry(time: FakeTime) -> FakeCentry:
    return FakeCentry(time.clock)


@pytest.fixture
def centry_url(centry: FakeCentry) -> Iterator[str]:
    with serving(centry) as url:
        yield url


def centry_access(url: str, time: FakeTime, **credentials: str) -> Any:
    told = {"client_id": CLIENT, "client_secret": "invented", **credentials}
    around = surroundings(Wire(http_on_loopback=True), time=time)
    return CENTRY.open(
        StoreId("centry", "acme"), url, CentryCredentials.model_validate(told), around
    )


def test_a_shop_of_centry_with_invented_credentials_is_fine(
    centry: FakeCentry, centry_url: str, time: FakeTime
) -> None:
    checked = centry_access(centry_url, time).check()

    assert (checked.findings, checked.account) == ((), centry.company_of(CLIENT))


def test_all_webhooks_of_centry_are_listed_and_one_is_deleted(
    centry: FakeCentry, centry_url: str, time: FakeTime
) -> None:
    company = centry.company_of(CLIENT)
    made = [centry.add_webhook(company, URL, on_order_save=True) for _ in range(205)]
    centry.add_webhook("b" * 24, URL)
    access = centry_access(centry_url, time)

    assert [each.id for each in access.subscriptions()] == made
    assert {each.topics for each in access.subscriptions()} == {frozenset({"on_order_save"})}
    access.delete_subscription(made[0])
    assert [each.id for each in access.subscriptions()] == made[1:]


def test_a_token_of_centry_that_ended_is_renewed(
    centry: FakeCentry, centry_url: str, time: FakeTime
) -> None:
    access = centry_access(centry_url, time)
    access.subscriptions()
    time.passed += 7200

    assert access.subscriptions() == ()
    assert centry.requests.count("POST", "/oauth/token") == 2


def test_a_shop_that_consented_is_fine_and_stays_so(
    centry: FakeCentry, centry_url: str, time: FakeTime
) -> None:
    access = centry_access(centry_url, time, grant="authorization_code")
    access.authorize(centry.oauth.consent(CLIENT, ["read_webhook", "write_webhook"]))
    for _ in range(3):
        time.passed += 7200
        assert access.check().findings == ()


def test_scopes_that_centry_does_not_grant_are_found(time: FakeTime) -> None:
    known = Application(CLIENT, scopes=["read_webhook"])
    with serving(FakeCentry(time.clock, applications=[known])) as url:
        (finding,) = centry_access(url, time).check().findings

    assert "write_webhook" in finding.problem


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (Behaviour(kind=Kind.STATUS, times=3), errors.PlatformBrokenError),
        (Behaviour(kind=Kind.STATUS, status=429), errors.RateLimitedError),
        (Behaviour(kind=Kind.RESET, times=3), errors.NoResponseError),
        (Behaviour(kind=Kind.CUT, times=3), errors.NoResponseError),
        (Behaviour(kind=Kind.REDIRECT), errors.CallRefusedError),
    ],
)
def test_what_goes_wrong_at_centry_is_told_apart(
    centry: FakeCentry,
    centry_url: str,
    time: FakeTime,
    behaviour: Behaviour,
    kind: type[errors.PlatformError],
) -> None:
    access = centry_access(centry_url, time)
    assert access.subscriptions() == ()
    centry.plan.add(behaviour)

    with pytest.raises(errors.PlatformError) as caught:
        access.subscriptions()

    assert type(caught.value) is kind
    assert centry.requests.count("GET", WEBHOOKS) == 1 + (behaviour.times or 0)
    assert access.subscriptions() == ()


def konimbo_access(url: str, **tokens: str) -> Any:
    credentials = KonimboCredentials.model_validate({"token": TOKEN, **tokens})
    around = surroundings(Wire(http_on_loopback=True))
    return KONIMBO.open(StoreId("konimbo", "acme"), url, credentials, around)


@pytest.mark.parametrize("existing", [0, 20, 45])
def test_all_active_webhooks_of_konimbo_are_listed(existing: int) -> None:
    konimbo = FakeKonimbo()
    shop = konimbo.shop_of_token(TOKEN)
    made = [konimbo.add_webhook(shop, URL, "order_created") for _ in range(existing)]
    konimbo.add_webhook(shop, URL, "order_created", active=False)
    with serving(konimbo) as url:
        access = konimbo_access(url)

        assert access.check().findings == ()
        assert [each.id for each in access.subscriptions()] == [str(id_) for id_ in made]


def test_a_token_of_konimbo_without_the_right_is_found() -> None:
    users = {TOKEN: ApiUser(7, frozenset({"orders"})), "orders": ApiUser(7, frozenset())}
    with serving(FakeKonimbo(api_users=users)) as url:
        findings = konimbo_access(url, orders_token="orders").check().findings

    assert [each.problem for each in findings] == [
        "the token has no right to webhooks",
        "the token has no right to orders",
    ]


def test_a_rate_limit_of_konimbo_is_no_unknown_token() -> None:
    with serving(FakeKonimbo(rate_limit=1)) as url:
        konimbo_access(url).subscriptions()
        with pytest.raises(errors.RateLimitedError):
            konimbo_access(url).subscriptions()
