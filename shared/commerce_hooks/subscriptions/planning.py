"""The plan: what is desired against what exists. Pure, and in the same order every time.

The words are octoDNS's: desired, existing, change, plan, apply. What differs is that nobody owns
the place: other apps, other deployments and people in the panel write there as well.

- Ours is a record whose callback URL begins with a base URL of ours and has a token of ours for
  this store. What only looks like that is a conflict; all else is foreign, and never touched.
- Records are told apart by their slot, the topic in the URL: one of each is to be there, with the
  URL that would be made today. Of several the one that is right stays, or else the oldest.
- Whatever of ours stays gets today's URL, also where it should not be there at all: or else its
  key could never be retired.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from commerce_hooks.platform_access import Desired, Subscription
from commerce_hooks.stores import Policy
from commerce_hooks.subscriptions.addresses import Address, Addresses
from commerce_hooks.subscriptions.wanted import Wanted

MAX_DELETIONS = 5
"""A plan that would delete more deletes nothing: rather somebody is asked."""


class Action(StrEnum):
    """What a plan says of a record. Changes are made in this order: creations come first."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEEP = "keep"
    CONFLICT = "conflict"
    FOREIGN = "foreign"


CHANGES = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})


class Reason(StrEnum):
    """Why."""

    MISSING = "missing"
    DIFFERENT = "different"
    DUPLICATE = "duplicate"
    """There is another one for the same slot, and that one stays."""
    UNWANTED = "unwanted"
    """Ours, of a topic that the store is not to be subscribed to."""
    HIDDEN = "hidden"
    """The platform has it and does not list it: it may be inactive. No second one is made."""
    ELSEWHERE = "elsewhere"
    """Ours by its token, but its base URL is none of ours, or no more. No second one is made."""
    UNLISTED = "unlisted"
    """The platform said that it created it, and does not list it. No second one is made."""
    PENDING = "pending"
    """It was asked for lately and may still come to be."""
    UNPROVED = "unproved"
    """It looks like ours, but its token is none of ours. `--adopt` takes it over."""
    TOO_MANY = "too_many"
    """It would be deleted, were it not one of so many."""
    ASKED_FOR = "asked_for"
    """An operator wants it, whatever is desired. No plan says so."""
    AS_DESIRED = "as_desired"
    NOT_OURS = "not_ours"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a record that is not as desired. None: there is none."""

    field: str
    existing: str | None
    desired: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done about one record, or is to be said of it.

    Args:
        slot: Of its URL.
        id: The platform's, None of one that does not exist.
        existing: What its URL says, None if that is nothing of ours.
        topics: Those that it has, of those that we know.
        desired: As it is to be; None where nothing is to be changed.
    """

    action: Action
    reason: Reason
    slot: str | None = None
    id: str | None = None
    existing: Address | None = None
    topics: frozenset[str] = frozenset()
    desired: Desired | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of our records beyond what the platform lists, by slot.

    Args:
        hidden: Ids of records that are there all the same.
        elsewhere: Ids of records whose URLs are ours but for where they lead.
        unlisted: Slots of which the platform said that it had created a record.
        pending: Slots of which a record may still come to be.
    """

    hidden: tuple[tuple[str | None, str], ...] = ()
    elsewhere: tuple[tuple[str | None, str], ...] = ()
    unlisted: frozenset[str | None] = frozenset()
    pending: frozenset[str | None] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """How a store's plan is made.

    Args:
        deletes: The platform's API can delete.
        known_topics: The platform's, as far as we know them: what else a record has is left.
        adopt: Take over what looks like ours and proves nothing.
        max_deletions: With more of them, nothing is deleted.
    """

    policy: Policy
    deletes: bool
    known_topics: Collection[str]
    adopt: bool = False
    max_deletions: int = MAX_DELETIONS

    @property
    def may_delete(self) -> bool:
        return self.deletes and self.policy == "sync"


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a store: what to do, what is as desired, what somebody has to look at."""

    entries: tuple[Change, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is to be done, in this order."""
        return tuple(one for one in self.entries if one.action in CHANGES)

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """What we may not or cannot put right."""
        return self.of(Action.CONFLICT)

    def of(self, action: Action) -> tuple[Change, ...]:
        return tuple(one for one in self.entries if one.action is action)


@dataclass(frozen=True, slots=True)
class _Record:
    subscription: Subscription
    address: Address
    topics: frozenset[str]

    @property
    def age(self) -> tuple[int, str]:
        """The oldest is the least: ids of both platforms grow."""
        return len(self.subscription.id), self.subscription.id


def plan(
    wanted: Wanted,
    existing: Sequence[Subscription],
    evidence: Evidence,
    addresses: Addresses,
    rules: Rules,
) -> Plan:
    """What is to be done so that there is what is wanted.

    Args:
        wanted: If nothing is, nothing is deleted either: it may be a mistake.
        existing: All records at the platform, of whomever.
        evidence: What is known of our records that are not among them.
        addresses: The store's.
        rules: The store's.
    """
    if rules.policy == "off":
        return Plan()
    return _Planning(wanted, existing, evidence, addresses, rules).plan()


class _Planning:
    def __init__(
        self,
        wanted: Wanted,
        existing: Sequence[Subscription],
        evidence: Evidence,
        addresses: Addresses,
        rules: Rules,
    ) -> None:
        self._wanted = wanted
        self._evidence = evidence
        self._addresses = addresses
        self._rules = rules
        self._spares = False
        self._ours: list[_Record] = []
        self._others: list[Change] = []
        for one in existing:
            self._sort_out(one)

    def plan(self) -> Plan:
        found = [*self._others, *self._slots()]
        if sum(one.action is Action.DELETE for one in found) > self._rules.max_deletions:
            self._spares = True
            found = [*self._others, *self._slots()]
        return Plan(tuple(sorted(found, key=_order)))

    def _sort_out(self, one: Subscription) -> None:
        address = self._addresses.read(one.callback_url)
        topics = one.topics.intersection(self._rules.known_topics)
        if address is None:
            change = Change(Action.FOREIGN, Reason.NOT_OURS, id=one.id, topics=topics)
            self._others.append(change)
        elif address.proved or (self._rules.adopt and address.slot in self._wanted):
            self._ours.append(_Record(one, address, topics))
        else:
            self._others.append(
                Change(Action.CONFLICT, Reason.UNPROVED, address.slot, one.id, address, topics)
            )

    def _slots(self) -> Iterator[Change]:
        for slot, topics in self._wanted.items():
            records = sorted(self._of(slot), key=lambda record: record.age)
            if not records:
                yield self._missing(slot, topics)
                continue
            right = [one for one in records if not self._differences(one, slot, topics)]
            stays = (right or records)[0]
            yield self._kept(stays, slot, topics)
            for other in records:
                if other is not stays:
                    yield from self._too_much(other, Reason.DUPLICATE)
        for record in self._ours:
            if record.address.slot not in self._wanted:
                yield from self._too_much(record, Reason.UNWANTED)

    def _of(self, slot: str | None) -> Iterator[_Record]:
        return (record for record in self._ours if record.address.slot == slot)

    def _missing(self, slot: str | None, topics: frozenset[str]) -> Change:
        for reason, found in (
            (Reason.HIDDEN, self._evidence.hidden),
            (Reason.ELSEWHERE, self._evidence.elsewhere),
        ):
            if ids := [id_ for known, id_ in found if known == slot]:
                return Change(Action.CONFLICT, reason, slot, ids[0])
        if slot in self._evidence.unlisted:
            return Change(Action.CONFLICT, Reason.UNLISTED, slot)
        if slot in self._evidence.pending:
            return Change(Action.CONFLICT, Reason.PENDING, slot)
        desired = Desired(slot, topics, self._addresses.url(slot))
        return Change(Action.CREATE, Reason.MISSING, slot, desired=desired)

    def _kept(self, record: _Record, slot: str | None, topics: frozenset[str]) -> Change:
        differences = self._differences(record, slot, topics)
        if not differences:
            return _said(Action.KEEP, Reason.AS_DESIRED, record)
        return self._update(record, Reason.DIFFERENT, topics, differences)

    def _too_much(self, record: _Record, reason: Reason) -> Iterator[Change]:
        """One that should not be there."""
        may_delete = self._rules.may_delete and bool(self._wanted)
        if may_delete and not self._spares:
            yield _said(Action.DELETE, reason, record)
            return
        told = Reason.TOO_MANY if may_delete else reason
        yield _said(Action.CONFLICT, told, record)
        differences = self._differences(record, record.address.slot, record.topics)
        # Not one whose callbacks are refused: they would begin to come, and twice. Nor one of a
        # topic that we could not write back.
        if differences and record.topics and self._is_taken(record.address):
            yield self._update(record, told, record.topics, differences)

    def _is_taken(self, address: Address) -> bool:
        generation = self._addresses.current(address.slot).generation
        return address.proved and address.generation >= generation

    def _update(
        self,
        record: _Record,
        reason: Reason,
        topics: frozenset[str],
        differences: tuple[Difference, ...],
    ) -> Change:
        slot = record.address.slot
        return Change(
            Action.UPDATE,
            reason,
            slot,
            record.subscription.id,
            record.address,
            record.topics,
            Desired(slot, topics, self._addresses.url(slot)),
            differences,
        )

    def _differences(
        self, record: _Record, slot: str | None, topics: frozenset[str]
    ) -> tuple[Difference, ...]:
        existing, desired = record.address, self._addresses.current(slot)
        if existing.generation > desired.generation:
            # The ring at hand is older than the record, so it knows nothing better.
            return ()
        fields = (
            ("base_url", existing.base, desired.base),
            ("key", existing.key_id or None, desired.key_id),
            ("generation", str(existing.generation or "") or None, str(desired.generation)),
            ("topics", _listed(record.topics), _listed(topics)),
        )
        return tuple(Difference(*one) for one in fields if one[1] != one[2])


def _said(action: Action, reason: Reason, record: _Record) -> Change:
    address, id_ = record.address, record.subscription.id
    return Change(action, reason, address.slot, id_, address, record.topics)


def _listed(topics: frozenset[str]) -> str:
    return " ".join(sorted(topics))


_ACTIONS = list(Action)


def _order(change: Change) -> tuple[int, str, int, str]:
    id_ = change.id or ""
    return _ACTIONS.index(change.action), change.slot or "", len(id_), id_
