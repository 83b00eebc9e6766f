"""What there is to say of a store, and what to do about it: decided from its facts alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from commerce_hooks.subscriptions.rounds import Outcome
from commerce_hooks_cli.moments import ago, to_the_minute
from commerce_hooks_cli.store_facts import Standing
from commerce_hooks_cli.subscription_status import is_wrong, trouble
from upkeep.silence import silence_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_hooks.stores import StoreConfiguration
    from commerce_hooks_cli.store_facts import StoreFacts


class Kind(StrEnum):
    """The kinds of remark, the worst first."""

    TWO_SHOPS = "two shops"
    KEYS_UNREADABLE = "keys unreadable"
    UNREADABLE = "configuration unreadable"
    SILENT = "silent"
    TOPIC_SILENT = "topic silent"
    SUBSCRIPTIONS = "subscriptions"
    QUARANTINED = "in quarantine"
    NEVER_HEARD = "never heard"
    DISABLED = "disabled"
    OLDER_KEY = "older key"
    NOT_CONFIGURED = "not configured"


_ORDER = {kind: number for number, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Remark:
    """One thing about a store.

    Args:
        short: A few words for the overview.
        detail: What was seen.
        do: What to do about it.
        command: A call of this command that does it or shows more, without its name.
        problem: It should not stay so.
    """

    kind: Kind
    short: str
    detail: str
    do: str
    command: str | None = None
    problem: bool = True


def remarks(facts: StoreFacts, now: datetime) -> list[Remark]:
    """All that there is to say, the worst first."""
    found = (
        *_two_shops(facts, now),
        *_keys(facts),
        *_configuration(facts),
        *_silence(facts, now),
        *_subscriptions(facts, now),
        *_quarantine(facts),
    )
    return sorted(found, key=lambda remark: _ORDER[remark.kind])


def severity(found: list[Remark]) -> int:
    """For sorting: less is worse; those without a problem are all alike."""
    return min((_ORDER[one.kind] for one in found if one.problem), default=len(_ORDER))


def _two_shops(facts: StoreFacts, now: datetime) -> Iterator[Remark]:
    lately = facts.lately(now)
    if len({one.account for one in lately}) > 1:
        named = " and ".join(f"{one.account} ({ago(one.received_at, now)} ago)" for one in lately)
        yield Remark(
            Kind.TWO_SHOPS,
            "two shops",
            f"Callbacks named two shops or more: {named}.",
            "Somebody pasted this store's URL into another shop's panel. Give that shop URLs of "
            "its own, under another store's name.",
            f"urls {facts.store.platform} OTHER-STORE",
        )


def _keys(facts: StoreFacts) -> Iterator[Remark]:
    if facts.malformed:
        yield Remark(
            Kind.KEYS_UNREADABLE,
            "keys unreadable",
            "The key ring's entry for this store cannot be read, so all its callbacks are refused.",
            "Mend the entry in the key ring, or use the version of this command that wrote it.",
            "doctor --no-send",
        )
    elif facts.keys and facts.keys.disabled:
        yield _disabled(facts)
    if facts.older_keys:
        yield Remark(
            Kind.OLDER_KEY,
            "older key",
            f"Its last callbacks came to URLs of {', '.join(facts.older_keys)}; "
            f"{facts.sign} signs now.",
            "Have the platform call the new URLs before the old key is retired.",
            "keys status",
            problem=False,
        )


def _disabled(facts: StoreFacts) -> Remark:
    refused = "All its callbacks are refused with 401"
    if facts.standing in {Standing.ABSENT, Standing.UNTOLD}:
        return Remark(
            Kind.DISABLED,
            "disabled",
            f"{refused}, since it was removed or disabled.",
            "Nothing, unless the shop is to come back.",
            problem=False,
        )
    platform, name = facts.store
    return Remark(
        Kind.DISABLED,
        "disabled",
        f"{refused}: somebody disabled it, or its removal stopped half-way.",
        f"Finish it with `stores remove {platform} {name}`; or take its URLs again, or give it "
        f"new ones with `stores add {platform} {name} --replace --new-urls`.",
        f"keys revoke {facts.store} --enable",
    )


def _configuration(facts: StoreFacts) -> Iterator[Remark]:
    name = f"{facts.store.platform} {facts.store.name}"
    if facts.standing is Standing.UNREADABLE:
        yield Remark(
            Kind.UNREADABLE,
            "configuration unreadable",
            "Its configuration in SSM cannot be read: it was written by hand, or by a newer "
            "version.",
            "Add the store anew, or use the version that wrote it.",
            f"stores add {name}",
        )
    refused = facts.malformed or (facts.keys and facts.keys.disabled)
    if facts.standing is Standing.ABSENT and not refused:
        yield Remark(
            Kind.NOT_CONFIGURED,
            "not configured",
            "Its callbacks become events, but nobody is told when it falls silent.",
            "Add the store.",
            f"stores add {name}",
            problem=False,
        )


def _silence(facts: StoreFacts, now: datetime) -> Iterator[Remark]:
    configuration = facts.configuration
    refused = facts.malformed or (facts.keys and facts.keys.disabled)
    if configuration is None or facts.seen is None or refused:
        return
    # The rule of the alarm, so that both say the same.
    silence = silence_of(facts.store, configuration, facts.seen, now)
    if facts.newest is None:
        problem = silence is not None and silence.everything
        yield _never_heard(facts, configuration, now, problem=problem)
    elif silence and silence.everything:
        yield Remark(
            Kind.SILENT,
            f"silent for {ago(silence.since, now)}",
            f"Nothing came since {to_the_minute(silence.since)} UTC; it may be silent for "
            f"{silence.hours} h.",
            "Look at the platform whether its webhooks are there, active, and have these URLs.",
            f"urls {facts.store.platform} {facts.store.name}",
        )
    elif silence:
        yield from (_silent_topic(facts, topic, now) for topic in silence.topics)


def _never_heard(
    facts: StoreFacts, configuration: StoreConfiguration, now: datetime, *, problem: bool
) -> Remark:
    added = ago(datetime.fromisoformat(configuration.added_at), now)
    return Remark(
        Kind.NEVER_HEARD,
        "never heard",
        f"Nothing came since it was added, {added} ago.",
        "Enter its URLs at the platform, or let something happen in the shop.",
        f"urls {facts.store.platform} {facts.store.name}",
        problem=problem,
    )


def _silent_topic(facts: StoreFacts, topic: str, now: datetime) -> Remark:
    heard = facts.newest_by_topic.get(topic)
    last = f"came last {ago(heard.received_at, now)} ago" if heard else "has never come"
    return Remark(
        Kind.TOPIC_SILENT,
        f"no {topic}",
        f"{topic} is expected and {last}.",
        "Look at the platform whether the webhook of this topic is there and active.",
        f"urls {facts.store.platform} {facts.store.name} --topic {topic}",
    )


def _subscriptions(facts: StoreFacts, now: datetime) -> Iterator[Remark]:
    record = facts.record
    refused = facts.malformed or (facts.keys and facts.keys.disabled)
    if record is None or refused or not is_wrong(record, facts.configuration):
        return
    since = f", for {ago(record.wrong_since, now)}" if record.wrong_since else ""
    yield Remark(
        Kind.SUBSCRIPTIONS,
        f"subscriptions {'failed' if record.outcome == Outcome.FAILED.value else 'wrong'}",
        f"At the last look, its subscriptions were: {trouble(record)}{since}.",
        "See what is in the way.",
        f"subscriptions plan {facts.store.platform} {facts.store.name}",
    )


def _quarantine(facts: StoreFacts) -> Iterator[Remark]:
    if facts.quarantined:
        yield Remark(
            Kind.QUARANTINED,
            f"{facts.quarantined} quarantined",
            f"{facts.quarantined} of its callbacks have not become events.",
            "See why, repair what can be repaired, and replay or discard them.",
            f"quarantine list --platform {facts.store.platform} --store {facts.store.name}",
        )
