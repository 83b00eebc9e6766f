"""What must hold of every world, told by who can see everything in it."""

from collections import Counter
from dataclasses import dataclass, field

from commerce_hooks.platform_access import Subscription
from commerce_hooks.subscriptions.addresses import Address
from commerce_hooks.subscriptions.planning import Reason
from commerce_hooks.subscriptions.rounds import Outcome, Report
from worlds.memory import WRITES
from worlds.world import BASE, World

MAX_ROUNDS = 3


class WrongError(AssertionError):
    """Something is as it must never be."""


@dataclass
class Before:
    """A world as it was."""

    strangers: dict[str, Subscription] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    known: frozenset[str | None] = frozenset()
    """Slots of records of ours that are listed, or in the ledger and there all the same."""
    served: frozenset[tuple[str | None, str]] = frozenset()
    """Slots and topics that are wanted, and of which callbacks come and are taken."""

    @classmethod
    def of(cls, world: World) -> "Before":
        records = world.memory.records
        ours = {id_: address for id_, one in records.items() if (address := world.ours(one))}
        entered = {entry.subscription_id for entry in world.ledger.entries()}
        known = [id_ for id_ in ours if id_ in entered or id_ not in world.memory.inactive]
        return cls(
            strangers={id_: one for id_, one in records.items() if id_ not in ours},
            ids=frozenset(records),
            known=frozenset(ours[id_].slot for id_ in known),
            served=_served(world),
        )


def converges(
    world: World, counts: Counter[str] | None = None, before: Before | None = None
) -> Report:
    """Let rounds run until nothing changes any more, and judge each of them.

    Args:
        world: A world in which nothing fails.
        counts: Takes what happened.
        before: What it was like before anything failed; as it is now if None.

    Raises:
        WrongError: Something is as it must never be.
    """
    before = before or Before.of(world)
    counts = Counter() if counts is None else counts
    for _ in range(MAX_ROUNDS):
        report = world.round()
        counts["rounds"] += 1
        counts.update(f"{change.action.value}d" for change in report.done)
        counts["drifts"] += len(report.drifted)
        judge_any(world, before)
        if report.outcome is Outcome.FAILED:
            raise WrongError(f"failed: {report.cause}")
        if not report.done and not any(one.reason is Reason.PENDING for one in report.wrong):
            break
    else:
        raise WrongError("it never ends")
    judge_end(world, report, counts)
    return report


def judge_any(world: World, before: Before) -> None:
    """At any moment, whatever failed."""
    for id_, one in before.strangers.items():
        if world.memory.records.get(id_) != one:
            raise WrongError("somebody else's record was touched")
    made = Counter(
        address.slot
        for id_, one in world.memory.records.items()
        if id_ not in before.ids and (address := world.ours(one))
    )
    if any(number > 1 or slot in before.known for slot, number in made.items()):
        raise WrongError("one was made that was there already")
    if any(not world.ours(one) for one in world.memory.deleted):
        raise WrongError("somebody else's record was deleted")
    if world.memory.deleted and world.policy != "sync":
        raise WrongError(f"deleted under the policy {world.policy}")
    if not before.served <= _served(world):
        raise WrongError("callbacks that came do not come any more")
    if world.policy == "plan" and world.memory.writes:
        raise WrongError("changed under the policy plan")


def _served(world: World) -> frozenset[tuple[str | None, str]]:
    active = (one for id_, one in world.memory.records.items() if id_ not in world.memory.inactive)
    return frozenset(
        (address.slot, topic)
        for one in active
        if (address := world.ours(one)) and world.is_taken(address)
        for topic in one.topics.intersection(world.wanted.get(address.slot, ()))
    )


def judge_end(world: World, report: Report, counts: Counter[str]) -> None:
    """Once nothing changes any more."""
    _judge_next_round(world)
    if world.policy == "plan" or report.look is None:
        return
    plan = report.look.plan
    counts["conflicts"] += len(plan.conflicts)
    if plan.changes:
        raise WrongError("there are changes that nobody makes")
    for slot, topics in world.wanted.items():
        _judge_slot(world, report, slot, topics)
    _judge_all_of_ours(world)


def _judge_next_round(world: World) -> None:
    world.memory.calls.clear()
    world.round()
    if set(world.memory.calls) & WRITES:
        raise WrongError("a second round writes")


def _judge_slot(world: World, report: Report, slot: str | None, topics: frozenset[str]) -> None:
    assert report.look is not None
    records = [one for one in world.memory.listed if _slot_of(world, one) == (slot,)]
    said = [one for one in report.look.plan.entries if one.slot == slot]
    excused = [one for one in said if one.reason in {Reason.HIDDEN, Reason.UNLISTED}]
    if not records and not excused:
        raise WrongError("nothing was made, and nothing says why")
    if records and not any(_is_right(world, one, topics) for one in records):
        raise WrongError("none is as desired")
    extra = [one for one in said if one.reason in {Reason.DUPLICATE, Reason.TOO_MANY}]
    if len(records) - 1 > len(extra):
        raise WrongError("duplicates are left, and nothing says so")
    if world.rules.may_delete and len(records) > 1 and not _too_many(report):
        raise WrongError("duplicates are left that could be deleted")


def _too_many(report: Report) -> bool:
    assert report.look is not None
    return any(one.reason is Reason.TOO_MANY for one in report.look.plan.entries)


def _slot_of(world: World, one: Subscription) -> tuple[str | None] | None:
    address = world.ours(one)
    return None if address is None else (address.slot,)


def _is_right(world: World, one: Subscription, topics: frozenset[str]) -> bool:
    address = world.ours(one)
    known = one.topics.intersection(world.platform.topics)
    return (
        address is not None and address == world.addresses.current(address.slot) and known == topics
    )


def _is_of_today(world: World, address: Address) -> bool:
    return address == Address(BASE, address.slot, world.ring.sign, world.generation)


def _judge_all_of_ours(world: World) -> None:
    """Whatever of ours is listed and taken has the URL of today, so that keys can be retired."""
    for one in world.memory.listed:
        address = world.ours(one)
        if address is None or not world.is_taken(address):
            continue
        # A superfluous one of a topic that we don't know could not be written back.
        is_known = bool(one.topics.intersection(world.platform.topics))
        if is_known and not _is_of_today(world, address):
            raise WrongError("a record of ours has an old URL")


def never_said_to_be_right(world: World) -> None:
    """What a platform answers is believed only once it is read back.

    Raises:
        WrongError: A round said that all is as desired, and it is not.
    """
    before = Before.of(world)
    world.memory.ignores_updates = True
    report = world.round()
    judge_any(world, before)
    if world.policy == "plan" or report.outcome not in {Outcome.AS_DESIRED, Outcome.CHANGED}:
        return
    for slot, topics in world.wanted.items():
        records = [one for one in world.memory.listed if _slot_of(world, one) == (slot,)]
        if not any(_is_right(world, one, topics) for one in records):
            raise WrongError("it said that it was as desired")
