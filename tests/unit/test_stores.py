"""Stores: their names, and what may be said of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce_hooks.errors import KeyRingInvalidError
from commerce_hooks.keyring import KeyRing
from commerce_hooks.stores import StoreConfiguration, StoreId, configuration_path, credentials_path

ADDED = "2026-03-09T12:00:00.000Z"


def test_a_store_s_id_is_read_as_it_is_written() -> None:
    store = StoreId("konimbo", "acme-outlet")

    assert str(store) == "konimbo/acme-outlet"
    assert StoreId.parse(str(store)) == store


@given(st.text() | st.from_regex(r"[a-z_0-9-]{1,3}/[a-z0-9-]{1,3}", fullmatch=True))
def test_what_names_a_store_names_one_in_the_key_ring_too(text: str) -> None:
    ring = json.dumps({"sign": "k1", "k1": "0" * 32, "stores": {text: {}}})
    try:
        StoreId.parse(text)
    except ValueError:
        with pytest.raises(KeyRingInvalidError):
            KeyRing.parse(ring)
    else:
        assert list(KeyRing.parse(ring).stores) == [text]


@given(st.text())
def test_whatever_parses_is_written_the_same(text: str) -> None:
    try:
        store = StoreId.parse(text)
    except ValueError:
        return

    assert str(store) == text


@pytest.mark.parametrize("text", ["", "acme", "konimbo/", "/acme", "konimbo/a/b", "konimbo/A\n"])
def test_anything_else_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="not <platform>/<store>"):
        StoreId.parse(text)


def test_what_is_left_out_has_a_default() -> None:
    assert StoreConfiguration(added_at=ADDED).model_dump() == {
        "label": "",
        "environment": "production",
        "topics": None,
        "policy": "upsert",
        "silence_hours": 48,
        "expected_topics": (),
        "added_at": ADDED,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": "x" * 101},
        {"label": "a\nb"},
        {"policy": "delete-all"},
        {"silence_hours": -1},
        {"silence_hours": 24 * 90 + 1},
        {"topics": ["Order Created"]},
        {"token": "canary"},
        {"added_at": "canary"},
        {"added_at": "2026-03-09T12:00:00"},
        {"added_at": "0001-01-01T00:00:00+14:00"},
        {"added_at": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_what_cannot_be_is_refused_without_quoting_it(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as raised:
        StoreConfiguration.model_validate({"added_at": ADDED, **wrong})

    assert "canary" not in str(raised.value)


def test_credentials_lie_apart_from_configurations() -> None:
    assert configuration_path("hooks") == "/commerce-hooks/hooks/stores"
    assert credentials_path("hooks") == "/commerce-hooks/hooks/credentials"
