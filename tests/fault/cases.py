"""What was sent and what came of it so far: the evidence that a run is judged by."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NoReturn

from fault.account import Account
from fault.callbacks import Sent
from fault.expected import Entry, Expected

_QUARANTINES = ("quarantine/", "quarantine-sensitive/")
_BULK = "bulk/"
_MOST_SHOWN = 600


class ViolationError(AssertionError):
    """What must never be, and how it came to it."""


@dataclass
class Case:
    """A callback that proved genuine.

    Args:
        expected: A signed call that came again has one for each time.
        promised: It was answered 200.
        claimed: Ids of events that its answers say are safe.
        unpointed: It is in quarantine, and all that could have said so failed.
    """

    sent: Sent
    expected: list[Expected] = field(default_factory=list)
    promised: bool = False
    claimed: set[str] = field(default_factory=set)
    unpointed: bool = False

    @property
    def last(self) -> Expected:
        return self.expected[-1]

    @property
    def event_ids(self) -> set[str]:
        return {event_id for one in self.expected for event_id in one.events}

    def forms(self, event_id: str) -> list[Entry]:
        """All that an event of this id may look like."""
        return [form for one in self.expected for form in one.events.get(event_id, ())]

    def details(self, event_id: str) -> set[str]:
        return {form.detail for form in self.forms(event_id)}


@dataclass
class Evidence:
    """All cases, and what came onto the bus, by the event's id."""

    account: Account
    cases: dict[str, Case] = field(default_factory=dict)
    bus: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def case_of(self, event_id: str) -> tuple[str, Case | None]:
        """The id of its callback, and its case if there is one."""
        callback_id = event_id.rpartition(".")[0]
        return callback_id, self.cases.get(callback_id)

    def is_quarantined(self, callback_id: str) -> bool:
        """Whether its very bytes lie in quarantine.

        Raises:
            ViolationError: They do, for no reason.
        """
        if not any(key.startswith(_QUARANTINES) for key in self._raw_keys(callback_id)):
            return False
        if not (self.cases[callback_id].last.parked or self.is_refused(callback_id)):
            self.fail(callback_id, "it is in quarantine, and nothing is wrong with it")
        return True

    def is_left_to_a_job(self, callback_id: str) -> bool:
        """Whether its very bytes lie where a job takes them from."""
        bulky = self.cases[callback_id].sent.bulky
        return bulky and any(key.startswith(_BULK) for key in self._raw_keys(callback_id))

    def is_refused(self, callback_id: str) -> bool:
        """Whether the bus said, or always says, that it will never take something of it."""
        permanent = callback_id in self.account.ledger.permanent
        return permanent or self.cases[callback_id].sent.spoiled

    def _raw_keys(self, callback_id: str) -> list[str]:
        bucket, body = self.account.bucket, self.cases[callback_id].sent.body
        keys = bucket.parked.get(callback_id, set()) & bucket.objects.keys()
        return [key for key in keys if bucket.objects[key].body == body]

    def fail(self, id_: str, what: str) -> NoReturn:
        """Tell the story of a callback, by its id or an event's."""
        callback_id = id_ if id_ in self.cases else id_.rpartition(".")[0]
        case = self.cases.get(callback_id)
        about = f"{callback_id}, {case.sent.what}" if case else id_
        story = self.account.ledger.stories.get(callback_id, ())
        raise ViolationError("\n".join([f"{about}: {what[:_MOST_SHOWN]}", *story]))


def is_open_bulk(account: Account, key: str) -> bool:
    """Whether this is the body of a bulk that is not dealt with."""
    stored = account.bucket.objects[key]
    return "callback-id" in stored.metadata and f"{key}.done" not in account.bucket.objects
