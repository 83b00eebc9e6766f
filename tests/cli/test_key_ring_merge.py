"""What an import makes of the ring: nothing that is accepted stops being so, unless wanted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.errors import KeyRingInvalidError
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.key_ring_merge import merged
from support.keys import KEYS, ring_text

STORES = ("konimbo/acme", "iset/acme", "cenit/acme")
TARGETS = [CallbackTarget(*name.split("/")) for name in STORES]
OTHER = "another-key-under-the-same-name-0123456789"
_entries = st.fixed_dictionaries(
    {}, optional={"generation": st.integers(1, 3) | st.just("two"), "disabled": st.booleans()}
)
_rings = st.builds(
    lambda keys, sign, stores: json.dumps(
        {"sign": sorted(keys)[sign % len(keys)], **keys, "stores": stores}
    ),
    st.dictionaries(
        st.sampled_from(["k1", "k2", "k3"]), st.sampled_from([*KEYS.values()]), min_size=1
    ),
    st.integers(0, 2),
    st.dictionaries(st.sampled_from(STORES), _entries | st.just(7)),
)
_damaged = st.sampled_from([None, "", "{", "[]", json.dumps({"sign": "k1"})])


def accepted(text: str | None) -> set[tuple[str, str]]:
    """Every token that the ring takes, of all keys and low generations, by store."""
    try:
        ring = KeyRing.parse(text or "")
    except KeyRingInvalidError:
        return set()
    found = set()
    for target in TARGETS:
        for key_id in ring.keys:
            for generation in (1, 2, 3):
                entry = {f"{target.platform}/{target.store}": {"generation": generation}}
                minting = KeyRing.parse(json.dumps({"sign": key_id, **ring.keys, "stores": entry}))
                token = minting.mint(target)
                if ring.proves(target, token):
                    found.add((f"{target.platform}/{target.store}", token))
    return found


@given(_rings | _damaged, _rings, st.sets(st.sampled_from(["k1", "k2", "k3"])))
def test_nothing_that_is_accepted_stops_being_so(
    current: str | None, exported: str, retired: set[str]
) -> None:
    try:
        plan = merged(current, exported, retired, replace=False)
    except CommandError:
        return

    assert accepted(current) <= accepted(plan.text)
    assert plan.removed == plan.replaced == ()


@given(_rings | _damaged, _rings)
def test_replaced_it_is_the_export(current: str | None, exported: str) -> None:
    assert json.loads(merged(current, exported, {"k1"}, replace=True).text) == json.loads(exported)


@given(_rings, st.sets(st.sampled_from(["k1", "k2", "k3"])))
def test_a_lost_ring_comes_back_whole(exported: str, retired: set[str]) -> None:
    plan = merged(None, exported, retired - KeyRing.parse(exported).keys.keys(), replace=False)

    assert accepted(plan.text) == accepted(exported)
    assert (plan.sign, plan.was_usable) == (KeyRing.parse(exported).sign, False)


def test_keys_come_back_beside_those_that_are_there() -> None:
    plan = merged(ring_text("k2"), ring_text("k1", "k1"), set(), replace=False)

    assert (plan.added, plan.sign, plan.signed) == (("k1",), "k2", "k2")


def test_another_key_under_the_same_name_needs_a_decision() -> None:
    here = json.dumps({"sign": "k1", "k1": OTHER})

    with pytest.raises(CommandError, match="another key under the same name") as refused:
        merged(here, ring_text("k1"), set(), replace=False)

    assert "--replace" in refused.value.hint
    assert OTHER not in str(refused.value) + refused.value.hint
    assert merged(here, ring_text("k1"), set(), replace=True).replaced == ("k1",)


def test_a_key_that_was_retired_stays_so_unless_nothing_else_can_sign() -> None:
    kept = merged(ring_text("k2"), ring_text("k1", "k1", "k2"), {"k1"}, replace=False)
    needed = merged(None, ring_text("k1"), {"k1"}, replace=False)

    assert (kept.added, kept.retired) == ((), ("k1",))
    assert (needed.sign, needed.retired) == ("k1", ())


def test_keys_in_a_damaged_ring_are_kept() -> None:
    damaged = json.dumps({"sign": "k9", "k2": KEYS["k2"], "k3": "short", "stores": 7})

    plan = merged(damaged, ring_text("k1"), set(), replace=False)

    assert sorted(KeyRing.parse(plan.text).keys) == ["k1", "k2"]
    assert (plan.sign, plan.was_usable) == ("k1", False)


def test_an_entry_that_would_refuse_more_is_left_and_told() -> None:
    export = ring_text("k1", konimbo__acme={"generation": 2}, iset__acme={"disabled": True})

    plan = merged(ring_text("k1", iset__acme={}), export, set(), replace=False)

    assert (plan.stores, plan.left) == ((), ("iset/acme", "konimbo/acme"))


def test_a_malformed_entry_is_mended_by_the_export() -> None:
    here = ring_text("k1", iset__acme={"generation": "2"}, konimbo__acme=7)

    plan = merged(here, ring_text("k1", iset__acme={"generation": 2}), set(), replace=False)

    assert json.loads(plan.text)["stores"] == {"iset/acme": {"generation": 2}, "konimbo/acme": 7}
    assert plan.stores == ("iset/acme",)


def test_what_can_be_read_of_a_malformed_entry_counts_more_than_the_export() -> None:
    here = ring_text("k1", iset__acme={"generation": 3, "odd": 1}, konimbo__acme={"disabled": True})
    export = ring_text("k1", iset__acme={"generation": 2, "disabled": True}, konimbo__acme={})

    plan = merged(here, export, set(), replace=False)

    assert json.loads(plan.text)["stores"] == {
        "iset/acme": {"generation": 3, "disabled": True},
        "konimbo/acme": {"disabled": True},
    }


def test_in_a_damaged_ring_too_what_was_revoked_stays_so() -> None:
    damaged = json.loads(ring_text("k1", konimbo__acme={"disabled": True}, iset__acme={"odd": 1}))
    damaged["sign"] = "k9"
    damaged["stores"] |= {"bare": {}, "cenit/acme": {"generation": 4, "odd": 1}, "iset/odd": 7}
    export = ring_text(
        "k1", konimbo__acme={}, iset__other={"generation": 2}, cenit__acme={"generation": 2}
    )

    plan = merged(json.dumps(damaged), export, set(), replace=False)

    assert json.loads(plan.text)["stores"] == {
        "konimbo/acme": {"disabled": True},
        "iset/acme": {"odd": 1},
        "iset/odd": 7,
        "iset/other": {"generation": 2},
        "cenit/acme": {"generation": 4},
    }


def test_an_export_that_is_no_ring_is_refused() -> None:
    with pytest.raises(CommandError, match="none that can be used"):
        merged(ring_text("k1"), "{}", set(), replace=True)


def test_a_plan_shows_no_key() -> None:
    plan = merged(None, ring_text("k1"), set(), replace=False)

    assert KEYS["k1"] not in repr(plan) + json.dumps(plan.as_json())
