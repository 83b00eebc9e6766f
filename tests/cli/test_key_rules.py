"""What is left to do and whether a key may go: of every state of affairs, not only likely ones."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.keyring import KeyRing, StoreKeys
from commerce_hooks.state.seen import Seen
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.key_records import Confirmation, KeyTimes
from commerce_hooks_cli.key_rules import (
    REPEATS_FOR,
    Facts,
    contradicting_topics,
    next_key_id,
    obstacles,
    pending_key,
    unfinished_key,
)
from commerce_hooks_cli.key_uses import Source, Told, use_of
from commerce_hooks_cli.own_urls import UrlsInUse

NOW = datetime(2026, 5, 6, 12, tzinfo=UTC)
STORE = StoreId("iset", "acme")
IDS = ("k1", "k2", "k3")
moments = st.integers(0, 200).map(lambda hours: NOW - timedelta(hours=hours))


def ring(sign: str = "k2", *keys: str) -> KeyRing:
    return KeyRing(sign, {key_id: f"key {key_id}" for key_id in keys or ("k1", "k2")}, {})


def seen(key_id: str | None, hours_ago: float, topic: str = "order-saved") -> Seen:
    moment = NOW - timedelta(hours=hours_ago)
    return Seen(STORE, topic, key_id, moment, "order.saved", "event.0")


def word(key_id: str, hours_ago: float) -> Confirmation:
    return Confirmation(STORE, key_id, NOW - timedelta(hours=hours_ago))


def facts(*told: Told, signs_at: datetime | None = NOW - timedelta(hours=49)) -> Facts:
    return Facts(NOW, ring(), {"k2": KeyTimes(signs_at, signs_at)}, [use_of(one) for one in told])


@dataclass
class Shop:
    """What is really so at a platform, over time: the key of each topic's URL, since when.

    Args:
        readable: Its platform tells what is registered.
        hidden: It fails to.
        inactive: Topics whose URLs it does not list.
    """

    readable: bool
    hidden: bool
    topics: dict[str, list[tuple[datetime, str]]]
    callbacks: list[tuple[str, datetime]]
    confirmed: tuple[datetime, str] | None = None
    inactive: frozenset[str] = frozenset()
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        for topic, at in self.callbacks:
            key = self.key_at(topic, at)
            if key:
                self.seen.append(Seen(STORE, topic, key, at, "order.saved", "event.0"))

    def key_at(self, topic: str, at: datetime) -> str | None:
        began = [key for since, key in sorted(self.topics[topic]) if since <= at]
        return began[-1] if began else None

    def keys_at(self, at: datetime) -> set[str]:
        return {key for topic in self.topics if (key := self.key_at(topic, at))}

    def told(self) -> Told:
        """An operator's word is true when it is given; what they do after it may undo it."""
        confirmation = None
        if self.confirmed and self.keys_at(self.confirmed[0]) <= {self.confirmed[1]}:
            confirmation = Confirmation(STORE, self.confirmed[1], self.confirmed[0])
        listed = {
            t: key for t in self.topics.keys() - self.inactive if (key := self.key_at(t, NOW))
        }
        answer = UrlsInUse(frozenset(listed.values()), topics=frozenset(listed))
        return Told(
            STORE,
            read_back=answer if self.readable and not self.hidden else None,
            failure="it sleeps" if self.readable and self.hidden else "",
            confirmation=confirmation,
            seen=self.seen,
        )


shops = st.builds(
    Shop,
    readable=st.booleans(),
    hidden=st.booleans(),
    topics=st.fixed_dictionaries(
        {
            topic: st.lists(st.tuples(moments, st.sampled_from(IDS)), min_size=1, max_size=3)
            for topic in ("order-saved", "product-saved")
        }
    ),
    callbacks=st.lists(
        st.tuples(st.sampled_from(("order-saved", "product-saved")), moments), max_size=5
    ),
    confirmed=st.none() | st.tuples(moments, st.sampled_from(IDS)),
    inactive=st.frozensets(st.sampled_from(("order-saved", "product-saved"))),
)


@given(st.lists(shops, max_size=3), st.sampled_from(IDS), st.none() | moments)
def test_a_key_is_never_retired_while_a_url_uses_it_that_has_not_been_put_back_in_silence(
    all_shops: list[Shop], key_id: str, signs_at: datetime | None
) -> None:
    whole = KeyRing("k3", dict.fromkeys(IDS, "key"), {})
    known = Facts(
        NOW, whole, {"k3": KeyTimes(signs_at, signs_at)}, [use_of(s.told()) for s in all_shops]
    )

    if obstacles(known, key_id):
        return

    assert key_id != "k3"
    assert signs_at is not None
    assert NOW - signs_at >= REPEATS_FOR
    for shop in all_shops:
        assert not (shop.readable and shop.hidden)
        assert all(s.key_id != key_id or NOW - s.received_at >= REPEATS_FOR for s in shop.seen)
        if shop.readable:
            listed = shop.topics.keys() - shop.inactive
            assert key_id not in {shop.key_at(topic, NOW) for topic in listed}
        called = any(s.key_id == key_id and s.topic in shop.inactive for s in shop.seen)
        if not shop.readable or called:
            # Somebody vouched for it, and nothing has come that shows the word to be void.
            assert shop.confirmed is not None
            at, confirmed = shop.confirmed
            assert confirmed != key_id
            assert key_id not in shop.keys_at(at)
            odd = shop.inactive if shop.readable else shop.topics
            assert all(
                s.key_id != key_id or s.received_at <= at for s in shop.seen if s.topic in odd
            )


@given(st.lists(shops, max_size=3))
def test_where_nothing_is_left_nothing_is_in_the_way_but_time(all_shops: list[Shop]) -> None:
    whole = KeyRing("k3", dict.fromkeys(IDS, "key"), {})
    known = Facts(NOW, whole, {}, [use_of(shop.told()) for shop in all_shops])

    in_the_way = {o.store for key in ("k1", "k2") for o in obstacles(known, key) if o.store}

    assert (in_the_way == set()) == (known.left == [])


def test_a_key_that_all_left_long_ago_may_go() -> None:
    known = facts(
        Told(STORE, read_back=UrlsInUse(frozenset({"k2"}))),
        Told(STORE, confirmation=word("k2", 50), seen=[seen("k1", 51), seen("k2", 1)]),
        Told(STORE, disabled=True, seen=[seen("k1", 100)]),
    )

    assert obstacles(known, "k1") == []
    assert known.left == []
    assert not known.settled  # It is still to be retired.


def test_each_thing_in_the_way_is_told() -> None:
    def why(*told: Told, signs_at: datetime | None = NOW - timedelta(hours=49)) -> str:
        return " ".join(o.why for o in obstacles(facts(*told, signs_at=signs_at), "k1"))

    assert why() == ""
    assert "its URLs use k1" in why(Told(STORE, read_back=UrlsInUse(frozenset({"k1", "k2"}))))
    assert "did not tell: it sleeps" in why(Told(STORE, failure="it sleeps"))
    assert "nobody vouches" in why(Told(STORE))
    assert "callbacks came with k1" in why(Told(STORE, seen=[seen("k1", 60)]))
    assert "a URL that its platform does not list" in why(
        Told(STORE, read_back=UrlsInUse(), seen=[seen("k1", 60)])
    )
    assert "its URLs use k1" in why(Told(STORE, confirmation=word("k1", 1)))
    assert "its URLs use k1" in why(
        Told(STORE, confirmation=word("k2", 100), seen=[seen("k1", 60)])
    )
    assert "k1 came in the last 48 hours" in why(
        Told(STORE, confirmation=word("k2", 1), seen=[seen("k1", 2)])
    )
    assert "k2 has signed for less" in why(signs_at=NOW - timedelta(hours=47))
    assert "not known since when k2 signs" in why(signs_at=None)
    assert [o.why for o in obstacles(facts(), "k2")] == ["k2 signs."]


def test_what_passes_by_itself_says_when() -> None:
    told = Told(STORE, confirmation=word("k2", 1), seen=[seen("k1", 2)])
    found = obstacles(facts(told, signs_at=NOW - timedelta(hours=47)), "k1")

    assert [o.until for o in found] == [NOW + timedelta(hours=46), NOW + timedelta(hours=1)]


def test_a_callback_of_which_no_key_was_noted_could_be_any() -> None:
    told = Told(STORE, confirmation=word("k2", 50), seen=[seen(None, 1)])

    assert len(obstacles(facts(told), "k1")) == 2
    assert facts(told).left != []


def test_a_callback_to_a_url_that_is_not_listed_counts_until_somebody_vouches() -> None:
    def in_the_way(
        *words: Confirmation, key_id: str | None = "k1", topics: tuple[str, ...]
    ) -> bool:
        found = UrlsInUse(frozenset({"k2"}), topics=frozenset(topics))
        (word,) = words or (None,)
        told = Told(STORE, read_back=found, confirmation=word, seen=[seen(key_id, 60)])
        known = facts(told)
        assert bool(known.left) == bool(obstacles(known, "k1"))
        return bool(obstacles(known, "k1"))

    assert in_the_way(topics=())
    assert in_the_way(topics=("product-saved",))
    assert in_the_way(key_id=None, topics=())
    assert in_the_way(word("k2", 61), topics=())
    assert in_the_way(word("k1", 1), topics=())
    assert not in_the_way(key_id="k2", topics=())
    assert not in_the_way(word("k2", 59), topics=())
    assert not in_the_way(topics=("order-saved",))
    # A word that was given before the platform could be asked.
    assert not in_the_way(word("k1", 61), topics=("order-saved",))


def test_what_a_platform_says_is_worth_more_than_a_word() -> None:
    told = Told(STORE, read_back=UrlsInUse(frozenset({"k1"})), confirmation=word("k2", 1))

    assert use_of(told).source is Source.PLATFORM
    assert use_of(told).may_use("k1")


def test_a_refused_url_at_a_platform_is_left_to_do_though_no_key_needs_it() -> None:
    known = facts(Told(STORE, read_back=UrlsInUse(frozenset(), refused=1)))

    assert (len(known.left), obstacles(known, "k1")) == (1, [])


def test_with_one_key_nothing_is_left_but_what_is_wrong() -> None:
    def settled(*told: Told, **about: bool) -> bool:
        malformed = (str(STORE),) if about else ()
        stores = {str(STORE): StoreKeys(disabled=True)} if about else {}
        alone = KeyRing("k2", {"k2": "key"}, stores, malformed)
        return Facts(NOW, alone, {}, [use_of(one) for one in told]).settled

    assert settled(Told(STORE), Told(STORE, seen=[seen("k1", 900)]))
    assert not settled(Told(STORE, failure="it sleeps"))
    assert not settled(Told(STORE, confirmation=word("k1", 900)))
    assert not settled(malformed=True)


def test_a_rotation_that_was_interrupted_is_seen_by_its_number() -> None:
    assert pending_key(ring("k1", "k1", "k2"), {}) == "k2"
    assert pending_key(ring("k2", "k1", "k2"), {}) is None
    assert pending_key(ring("k9", "k9", "k10"), {}) == "k10"
    # Somebody went back by hand, or took another deployment's key.
    assert pending_key(ring("k1", "k1", "k2"), {"k2": KeyTimes(NOW, NOW)}) is None
    assert pending_key(ring("k1", "k1", "k2"), {"k2": KeyTimes(NOW, imported_at=NOW)}) is None


def test_of_a_signer_without_a_number_only_what_was_noted_is_newer() -> None:
    assert pending_key(ring("mine", "mine", "k1"), {}) is None
    assert pending_key(ring("mine", "mine", "k1"), {"k1": KeyTimes(NOW)}) == "k1"


def test_a_signer_of_a_rotation_whose_end_was_not_noted_is_unfinished() -> None:
    assert unfinished_key(ring("k2", "k1", "k2"), {"k2": KeyTimes(NOW)}) == "k2"
    assert unfinished_key(ring("k2", "k1", "k2"), {"k2": KeyTimes(NOW, NOW)}) is None
    assert unfinished_key(ring("k1", "k1"), {}) is None


@given(st.sets(st.from_regex(r"[a-z0-9]{1,15}", fullmatch=True)))
def test_a_new_key_s_id_was_never_used(known: set[str]) -> None:
    assert next_key_id(known) not in known


def test_a_word_is_doubted_while_an_old_url_is_called_after_a_new_one() -> None:
    old_after_new = [seen("k1", 1), seen("k2", 2)]

    assert contradicting_topics(old_after_new, "k2", NOW) == ["order-saved"]
    assert contradicting_topics(old_after_new, "k2", NOW + REPEATS_FOR) == []
    assert contradicting_topics([seen("k1", 2), seen("k2", 1)], "k2", NOW) == []
    # The new one was never called about it, or about something else only.
    assert contradicting_topics([seen("k1", 1)], "k2", NOW) == []
    assert contradicting_topics([seen("k1", 1), seen("k2", 2, "other")], "k2", NOW) == []
