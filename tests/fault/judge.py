"""Judges every answer and every event as it comes: what was answered 200 has to be safe by then."""

import json
from collections.abc import Collection, Sequence
from hashlib import sha256

from fault.account import CARD_NUMBERS, Account, Arrival, Waiting, bytes_in
from fault.callbacks import Sent
from fault.cases import Case, Evidence, ViolationError
from fault.expected import Entry, Expected
from fault.kinds import Service

QUARANTINED = "callback.quarantined"
_REFERS = '"payload":{"stored":'
_SAFE = frozenset({"accepted", "unrecognized", "deferred", "quarantined", "repeated"})
_FOR_GENUINE = frozenset({0, 200, 500, 503})
"""Answers to genuine callbacks; 0 if the function died."""
_FOR_OTHERS = frozenset({400, 401, 404, 405, 501, 503})


class Judge:
    """Judges a run while it goes on."""

    def __init__(self, account: Account) -> None:
        self.evidence = Evidence(account)
        self._account = account

    def expect(self, sent: Sent, expected: Expected) -> None:
        """A genuine callback got this id."""
        case = self.evidence.cases.setdefault(expected.callback_id, Case(sent))
        case.expected.append(expected)

    def look(self) -> None:
        """Look at what came onto the bus, and at what the fakes noticed."""
        for arrival in self._account.arrivals():
            self._arrived(arrival)
        if self._account.flaws:
            raise ViolationError(self._account.flaws[0])

    def refused(self, sent: Sent, status: int, outcome: str) -> None:
        """Of what was not kept nothing was passed on."""
        if status not in _FOR_OTHERS and outcome != "ignored":
            raise ViolationError(f"{sent.what} was answered {status} {outcome}")
        if others := self._account.ledger.touched - {Service.RING}:
            raise ViolationError(f"{sent.what}: {', '.join(others)} was called")

    def answered(
        self, callback_id: str, status: int, outcome: str, claimed: Collection[str] = ()
    ) -> None:
        """A genuine callback got its answer; `claimed` are the events that it says are safe."""
        if status not in _FOR_GENUINE or (status == 200 and outcome not in _SAFE):
            raise ViolationError(f"the genuine {callback_id} was answered {status} {outcome}")
        if status != 200:
            return
        case = self.evidence.cases[callback_id]
        case.promised = True
        case.claimed.update(claimed)
        case.unpointed |= outcome == "quarantined" and self._all_failed()
        letters = [one for one in self._account.waiting() if one.id.startswith(callback_id)]
        for event_id in claimed:
            self._check_safe(case, event_id, letters)
        if not self._is_whole(callback_id, letters):
            self._check_parts(case, letters)

    def _is_whole(self, callback_id: str, letters: Sequence[Waiting]) -> bool:
        """Whether its very bytes are in quarantine, left to a job, or in a letter."""
        evidence = self.evidence
        if evidence.is_quarantined(callback_id) or evidence.is_left_to_a_job(callback_id):
            return True
        body = evidence.cases[callback_id].sent.body
        waits = any(one.kind == "callback" and bytes_in(one.text) == body for one in letters)
        if waits:
            # It will be received again, with whatever of it is out already.
            self._account.ledger.excuse([callback_id])
        return waits

    def _check_parts(self, case: Case, letters: Sequence[Waiting]) -> None:
        if case.last.parked:
            self.evidence.fail(case.last.callback_id, "answered 200, and its bytes are nowhere")
        for event_id in case.last.events:
            self._check_safe(case, event_id, letters)

    def _check_safe(self, case: Case, event_id: str, letters: Sequence[Waiting]) -> None:
        """On the bus, or waiting just as it has to come there."""
        if event_id in self.evidence.bus:
            return
        details, pointer = case.details(event_id), event_id == case.last.pointer
        if not any(one.id == event_id and (pointer or one.text in details) for one in letters):
            self.evidence.fail(event_id, f"answered 200, and {event_id} is nowhere")

    def _all_failed(self) -> bool:
        """Whether nothing could take the pointer to a body in quarantine."""
        failed = self._account.ledger.struck.keys()
        return {Service.BUS, Service.OUTBOX, Service.BUCKET} <= failed

    def _arrived(self, arrival: Arrival) -> None:
        """It is just what it has to be."""
        id_ = arrival.event_id
        callback_id, case = self.evidence.case_of(id_)
        if case is None:
            raise ViolationError(f"nobody sent {id_}, which is on the bus")
        entry = Entry(arrival.source, arrival.detail_type, int(arrival.time), arrival.detail)
        if id_ == case.last.pointer:
            self._check_pointer(callback_id, case, entry)
        elif entry not in case.forms(id_):
            self.evidence.fail(callback_id, f"{id_} came altered: {entry}")
        elif _REFERS in entry.detail and self._hash_there(entry) != _stored_in(entry)["sha256"]:
            self.evidence.fail(callback_id, f"the data of {id_} is nowhere")
        if CARD_NUMBERS.search(entry.detail):
            self.evidence.fail(callback_id, "card data on the bus")
        self.evidence.bus[id_].append(entry)

    def _check_pointer(self, callback_id: str, case: Case, entry: Entry) -> None:
        """It points to the very bytes."""
        if entry.detail_type != QUARANTINED:
            self.evidence.fail(callback_id, f"a pointer of the type {entry.detail_type}")
        if self._hash_there(entry) != sha256(case.sent.body).hexdigest():
            self.evidence.fail(callback_id, "the pointer points to something else")

    def _hash_there(self, entry: Entry) -> str | None:
        """Of what lies where an event says, if anything does."""
        held = self._account.bucket.objects.get(_stored_in(entry)["key"])
        return sha256(held.body).hexdigest() if held else None


def _stored_in(entry: Entry) -> dict[str, str]:
    stored: dict[str, str] = json.loads(entry.detail)["metadata"]["payload"]["stored"]
    return stored
