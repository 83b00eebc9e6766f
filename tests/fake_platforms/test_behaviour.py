"""What goes wrong at a fake platform when it is told to, as its clients see it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from urllib3 import exceptions

from fake_platforms import Behaviour, FakeCentry, FakeKonimbo, Kind, serving
from fake_platforms.messages import Answered, Asked
from support.fake_shops import WEBHOOKS, CentryShop, centry_shop, konimbo_shop
from support.platform_calls import Caller

URL = "https://hooks.example/"


@pytest.fixture
def shop() -> Iterator[CentryShop]:
    with centry_shop(FakeCentry()) as shop:
        yield shop


@pytest.fixture
def api(shop: CentryShop) -> Caller:
    return shop.api()


def create(api: Caller) -> int:
    return api.post(WEBHOOKS, {"callback_url": URL}).status


@pytest.mark.parametrize("status", [429, 500, 503])
def test_it_answers_a_status_so_many_times_and_does_nothing(
    shop: CentryShop, api: Caller, status: int
) -> None:
    shop.centry.plan.add(Behaviour(kind=Kind.STATUS, times=2, status=status, retry_after=7))

    reply = api.post(WEBHOOKS, {"callback_url": URL})

    assert (reply.status, reply.headers["retry-after"]) == (status, "7")
    assert [create(api) for _ in range(2)] == [status, 201]
    assert len(shop.centry.records.all()) == 1
    assert shop.centry.requests.count(status=status) == 2


def test_a_status_may_come_without_a_word_of_when_to_try_again(
    shop: CentryShop, api: Caller
) -> None:
    shop.centry.plan.add(Behaviour(kind=Kind.STATUS))

    assert "retry-after" not in api.get(WEBHOOKS).headers


def test_what_goes_wrong_does_so_until_it_is_lifted(shop: CentryShop, api: Caller) -> None:
    shop.centry.plan.add(Behaviour(kind=Kind.STATUS, times=None))
    assert [create(api) for _ in range(5)] == [503] * 5

    shop.centry.plan.lift()

    assert create(api) == 201
    assert shop.centry.plan.planned == ()


def test_it_concerns_the_requests_that_it_names(shop: CentryShop, api: Caller) -> None:
    other = CentryShop(shop.centry, shop.url, "another-client")
    behaviour = Behaviour(
        kind=Kind.STATUS, times=None, method="POST", route=WEBHOOKS, shop=other.company
    )
    shop.centry.plan.add(behaviour)

    assert create(api) == 201
    assert create(other.api()) == 503
    assert other.api().get(WEBHOOKS).status == 200


def test_one_thing_goes_wrong_after_the_other(shop: CentryShop, api: Caller) -> None:
    for status in (500, 429):
        shop.centry.plan.add(Behaviour(kind=Kind.STATUS, status=status))

    assert [create(api) for _ in range(3)] == [500, 429, 201]


def test_the_way_to_tokens_can_go_wrong_as_well(shop: CentryShop) -> None:
    shop.centry.plan.add(Behaviour(kind=Kind.STATUS, route="/oauth/token"))

    assert [shop.token().status for _ in range(2)] == [503, 200]


def test_a_connection_is_torn_and_nothing_is_done(shop: CentryShop, api: Caller) -> None:
    shop.centry.plan.add(Behaviour(kind=Kind.RESET))

    with pytest.raises(exceptions.ProtocolError, match="reset by peer"):
        create(api)

    assert shop.centry.records.all() == []
    assert shop.centry.requests.count("POST", WEBHOOKS, status=0) == 1


def test_an_answer_is_lost_but_it_is_done(shop: CentryShop, api: Caller) -> None:
    shop.centry.plan.add(Behaviour(kind=Kind.LOST))

    with pytest.raises(exceptions.ProtocolError, match="reset by peer"):
        create(api)

    assert len(shop.centry.records.all()) == 1


def test_no_answer_ever_comes(shop: CentryShop) -> None:
    hasty = Caller(shop.url, shop.api().headers, seconds=0.3)
    shop.centry.plan.add(Behaviour(kind=Kind.SILENT))

    with pytest.raises(exceptions.TimeoutError):
        create(hasty)

    assert shop.centry.records.all() == []


class Attended(FakeCentry):
    """One that tells when it was asked something."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = Event()

    def answer(self, asked: Asked) -> Answered:
        answered = super().answer(asked)
        self.asked.set()
        return answered


def test_who_waits_for_an_answer_is_let_go_when_the_server_ends() -> None:
    centry = Attended()
    centry.plan.add(Behaviour(kind=Kind.SILENT))
    with ThreadPoolExecutor(1) as pool:
        with serving(centry) as url:
            waiting = pool.submit(Caller(url, seconds=60).get, WEBHOOKS)
            assert centry.asked.wait(30)

        assert isinstance(waiting.exception(30), exceptions.ProtocolError)


def test_an_answer_is_cut_off(shop: CentryShop, api: Caller) -> None:
    shop.centry.add_webhook(shop.company, URL)
    shop.centry.plan.add(Behaviour(kind=Kind.CUT))

    with pytest.raises(exceptions.ProtocolError) as caught:
        api.get(WEBHOOKS)

    assert isinstance(caught.value, exceptions.IncompleteRead) or "IncompleteRead" in str(
        caught.value
    )
    assert api.get(WEBHOOKS).status == 200


def test_a_slow_answer_takes_its_time_after_it_is_done() -> None:
    centry = FakeCentry()
    paused: list[tuple[float, int]] = []

    def pause(seconds: float) -> None:
        paused.append((seconds, len(centry.records.all())))

    with serving(centry, pause) as url:
        api = CentryShop(centry, url).api()
        centry.plan.add(Behaviour(kind=Kind.SLOW, seconds=12.5))
        assert create(api) == 201
        assert create(api) == 201

    assert paused == [(12.5, 1)]


def test_a_listing_is_short_and_seems_whole(shop: CentryShop, api: Caller) -> None:
    made = [shop.centry.add_webhook(shop.company, URL) for _ in range(3)]
    shop.centry.plan.add(Behaviour(kind=Kind.SHORT, times=2, records=2))

    assert create(api) == 201
    listed = api.get(WEBHOOKS).json

    assert [each["_id"] for each in listed] == made[:2]
    assert api.get(WEBHOOKS, after=made[1]).json == []
    assert api.get(f"/conexion/v1/webhooks/{made[2]}.json").status == 200
    assert len(api.get(WEBHOOKS).json) == 4


def test_a_short_listing_of_konimbo_says_so_many_in_all() -> None:
    konimbo = FakeKonimbo()
    with konimbo_shop(konimbo) as shop:
        for _ in range(3):
            konimbo.add_webhook(shop.number, URL, "order_created")
        for records in (2, 0):
            konimbo.plan.add(Behaviour(kind=Kind.SHORT, records=records))
        listed = shop.get()

        assert (len(listed.json), listed.headers["x-pagination-total"]) == (2, "2")
        assert shop.get().status == 404


def test_it_points_elsewhere(shop: CentryShop, api: Caller) -> None:
    shop.centry.plan.add(Behaviour(kind=Kind.REDIRECT, location="https://elsewhere.example/"))

    reply = api.post(WEBHOOKS, {"callback_url": URL})

    assert (reply.status, reply.headers["location"]) == (307, "https://elsewhere.example/")
    assert shop.centry.records.all() == []


def test_what_fails_by_plan_at_konimbo_uses_nothing_of_the_rate_limit() -> None:
    with konimbo_shop(FakeKonimbo(rate_limit=1)) as shop:
        shop.konimbo.plan.add(Behaviour(kind=Kind.STATUS))
        replies = [shop.get().status for _ in range(3)]

    assert replies == [503, 404, 401]
