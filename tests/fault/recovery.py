"""Judges what is left when everything works again: what was promised is there, nothing waits."""

from collections import Counter
from collections.abc import Sequence

from fault.account import Waiting, waiting_of
from fault.cases import Case, Evidence, ViolationError, is_open_bulk
from fault.expected import Entry
from fault.kinds import Service


class Recovery:
    """The judgement at the end of a run."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._account = evidence.account
        self.found: Counter[str] = Counter()
        """What became of callbacks and events."""

    def judge(self) -> Counter[str]:
        """What was found.

        Raises:
            ViolationError: Something is lost, stuck, altered, or was repeated for no reason.
        """
        self._check_nothing_waits()
        dead = self._dead()
        self.found["dead letters"] = len(dead)
        for callback_id, case in self._evidence.cases.items():
            if case.promised:
                self._check_promise(callback_id, case, dead)
        for event_id, entries in self._evidence.bus.items():
            self._check_repeats(event_id, entries)
        return self.found

    def _check_nothing_waits(self) -> None:
        for one in self._account.waiting():
            self._evidence.fail(one.id, f"{one.kind} {one.id} still waits in the outbox")
        if self._account.queues[Service.BULK].messages:
            raise ViolationError("a job is still queued")
        for key in self._account.bucket.after(None, "bulk/"):
            if is_open_bulk(self._account, key):
                raise ViolationError(f"{key} is still to be published")

    def _dead(self) -> set[str]:
        """Ids of the dead letters, each intact, with its cause, and rightly there."""
        ids: set[str] = set()
        for message in self._account.queues[Service.DEAD].messages:
            letter = waiting_of(message)
            callback_id, case = self._evidence.case_of(letter.id)
            intact = case and (
                letter.id == case.last.pointer or letter.text in case.details(letter.id)
            )
            if not intact or "cause" not in message.attributes:
                self._evidence.fail(letter.id, "a dead letter without its cause, or altered")
            if not self._evidence.is_refused(callback_id):
                self._evidence.fail(letter.id, "a dead letter that nothing is wrong with")
            ids.add(letter.id)
        return ids

    def _check_promise(self, callback_id: str, case: Case, dead: set[str]) -> None:
        arrived = self._evidence.bus.keys() | dead
        if unkept := sorted(case.claimed - arrived):
            self._evidence.fail(callback_id, f"lost although promised: {', '.join(unkept)}")
        quarantined = self._evidence.is_quarantined(callback_id)
        missing = sorted(case.event_ids - arrived)
        if not quarantined and (missing or case.last.parked):
            self._evidence.fail(callback_id, f"lost: {', '.join(missing) or 'its bytes'}")
        if quarantined and case.last.pointer not in arrived:
            self._check_unpointed(callback_id, case)
        died = "with dead letters" if case.event_ids & dead else "on the bus"
        self.found["in quarantine" if quarantined else died] += 1

    def _check_unpointed(self, callback_id: str, case: Case) -> None:
        """In quarantine, and no event says so: the bus refused it, or everything failed."""
        if not (case.unpointed or self._evidence.is_refused(callback_id)):
            self._evidence.fail(callback_id, "in quarantine, and no event points to it")
        self.found["in quarantine without a pointer"] += 1

    def _check_repeats(self, event_id: str, entries: Sequence[Entry]) -> None:
        """It may come once more for each call sent again, and for each fault that excuses it."""
        callback_id, case = self._evidence.case_of(event_id)
        excuses = self._account.ledger.excuses[callback_id]
        if case and len(entries) > len(case.expected) + excuses:
            self._evidence.fail(event_id, f"{event_id} came {len(entries)} times, for no reason")
        self.found["events"] += 1
        self.found["repeats"] += len(entries) - 1


def _is_intact(letter: Waiting, case: Case | None) -> bool:
    if case is None:
        return False
    return letter.id == case.last.pointer or letter.text in case.details(letter.id)
