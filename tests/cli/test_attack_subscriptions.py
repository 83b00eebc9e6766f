"""What a hostile reviewer found in the verbs: runs that act on what they saw a while ago."""

from dataclasses import replace

from support.store_world import ACME
from support.subscribed_shops import CENTRY, STRANGER, SubscribedShops


def test_apply_uses_the_key_ring_as_it_is_once_the_lease_is_held(
    subscribed: SubscribedShops,
) -> None:
    """While an operator thinks about the plan another one revokes and applies."""
    subscribed.add("--topic", "order_created")
    subscribed.subscriptions("apply", *ACME)
    [id_] = subscribed.acme.records

    def revoked_meanwhile(call: str) -> None:
        if call == "list":
            subscribed.acme.after = lambda _: None
            subscribed.set_entry(str(ACME), generation=2)
            known = subscribed.acme.records[id_]
            url = subscribed.url("order_created")
            subscribed.acme.records[id_] = replace(known, callback_url=url)

    subscribed.acme.after = revoked_meanwhile

    subscribed.subscriptions("apply", *ACME)

    assert subscribed.proves(subscribed.acme.records[id_].callback_url)


def test_what_became_a_strangers_while_somebody_was_asked_is_not_deleted(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add("--topic", "on_order_save", store=CENTRY)
    subscribed.subscriptions("apply", *CENTRY)
    memory = subscribed.memories[CENTRY]
    [id_] = memory.records

    def edited(call: str) -> None:
        if call == "list":
            memory.after = lambda _: None
            memory.records[id_] = replace(memory.records[id_], callback_url=STRANGER)

    memory.after = edited

    subscribed.subscriptions("delete", *CENTRY, id_)

    assert id_ in memory.records


def test_a_url_typed_in_the_place_of_an_id_is_not_shown(subscribed: SubscribedShops) -> None:
    subscribed.add("--topic", "on_order_save", store=CENTRY)
    url = subscribed.url(None, store=CENTRY)

    for verb in ("show", "delete"):
        result = subscribed.subscriptions(verb, *CENTRY, url)

        assert result.exit_code == 1
        assert url.rpartition("/")[2] not in result.output


def test_adopt_takes_over_only_what_was_in_the_plan_that_was_agreed_to(
    subscribed: SubscribedShops,
) -> None:
    from support.subscribed_shops import OTHER_RING  # noqa: PLC0415

    subscribed.add("--topic", "on_order_save", "--policy", "sync", store=CENTRY)
    subscribed.subscriptions("apply", *CENTRY)
    memory = subscribed.memories[CENTRY]
    unseen = subscribed.url(None, store=CENTRY, ring=OTHER_RING)

    def registered_meanwhile(call: str) -> None:
        if call == "list":
            memory.after = lambda _: None
            memory.put(unseen, frozenset({"on_product_save"}))

    memory.after = registered_meanwhile

    result = subscribed.subscriptions("apply", *CENTRY, "--adopt")

    assert "nothing" in result.stdout.lower() or "as desired" in result.stdout
    assert unseen in {one.callback_url for one in memory.records.values()}


def test_a_store_whose_urls_were_revoked_is_looked_at_before_the_hour_is_over(
    subscribed: SubscribedShops,
) -> None:
    """Until then Konimbo calls URLs that are refused, and repeats nothing."""
    subscribed.add("--topic", "order_created")
    subscribed.subscriptions("apply", *ACME)
    subscribed.requests()

    assert subscribed.run("keys", "revoke", str(ACME)).exit_code == 0

    assert subscribed.requests()
