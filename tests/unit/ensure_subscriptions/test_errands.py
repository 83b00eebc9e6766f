"""An errand is a store and who sent it; whatever else is on the queue is none."""

import json

import pytest

from commerce_hooks.stores import StoreId
from ensure_subscriptions.errands import Errand, StrangeErrandError, errand_in

GOOD = {"platform": "konimbo", "store": "acme", "origin": "operator"}


def test_an_errand_is_read_as_it_was_written() -> None:
    errand = Errand(store=StoreId("konimbo", "acme"))

    assert Errand.parse(errand.text) == errand
    assert json.loads(errand.text) == {**GOOD, "origin": "schedule"}


def test_an_operator_s_is_one_too() -> None:
    found = errand_in({"Records": [{"body": json.dumps(GOOD)}]})

    assert found == Errand(store=StoreId("konimbo", "acme"), origin="operator")
    assert isinstance(found.store, StoreId)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "canary",
        "[]",
        '"canary"',
        "{}",
        json.dumps({**GOOD, "origin": "canary"}),
        json.dumps({**GOOD, "store": "canary/acme"}),
        json.dumps({**GOOD, "store": "Canary"}),
        json.dumps({**GOOD, "store": 1}),
        json.dumps({**GOOD, "platform": "../canary"}),
        json.dumps({**GOOD, "more": "canary"}),
        json.dumps({name: value for name, value in GOOD.items() if name != "origin"}),
    ],
)
def test_anything_else_is_strange_and_nothing_of_it_is_quoted(body: str) -> None:
    with pytest.raises(StrangeErrandError) as raised:
        Errand.parse(body)

    assert "canary" not in str(raised.value).lower()
    assert raised.value.__suppress_context__
