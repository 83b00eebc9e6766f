"""Whether what a reviewer found in memory is so at a Konimbo over HTTP."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.subscriptions.rounds import Outcome
from fake_platforms import FakeKonimbo, serving
from integration.test_rounds_at_platforms import BASE, K1, Shop
from konimbo.access import ACCESS as KONIMBO_ACCESS
from konimbo.webhook import PLATFORM as KONIMBO
from support.surroundings import FakeTime

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def konimbo() -> Iterator[Shop]:
    time = FakeTime()
    fake = FakeKonimbo(time.clock)
    with ExitStack() as servers:
        url = servers.enter_context(serving(fake))
        yield Shop(fake, url, KONIMBO_ACCESS, KONIMBO, {"token": "token"}, ("order_created",), time)


def test_a_duplicate_of_an_event_that_we_do_not_know_crashes_no_round(konimbo: Shop) -> None:
    konimbo.round()
    target = CallbackTarget("konimbo", "acme", "order_created")
    token = KeyRing("k1", {"k1": K1}, {}).mint(target)
    url = f"{BASE}/konimbo/acme/order_created/{token}"
    add_unknown(konimbo, url)
    konimbo.sign = "k2"

    report = konimbo.round()

    assert report.outcome is not Outcome.FAILED


def add_unknown(konimbo: Shop, url: str) -> None:
    """Beside the one that is right; in the panel it was given an event newer than our code."""
    [known] = konimbo.fake.records.all()
    id_ = int(f"{known.id}9")
    fields = {**known.fields, "id": id_, "callback_url": url, "event": "order_cancelled"}
    konimbo.fake.records.put(replace(known, id=str(id_), fields=fields))
