"""The functions that answer platforms: a request goes in, what comes of it is judged at once."""

import json

from commerce_hooks.deadline import ANSWER_SECONDS
from commerce_hooks.outcomes import Outcome
from fault.account import Account
from fault.callbacks import Sent
from fault.cases import ViolationError
from fault.containers import Container
from fault.deployment import Deployment
from fault.expected import expected_of
from fault.judge import Judge
from fault.ledger import Actor
from fault.plan import Conditions
from support.faults import CrashError
from support.platforms import senders

_ROUNDING = 1e-6
_CRASHED = 0
_PROOF_JUDGED = frozenset({200, 400, 401, 405, 500, 501})
"""Answers that nobody gets before his token was compared."""


class FrontDoor:
    """All of them, each with a container of its own."""

    def __init__(self, account: Account, deployment: Deployment, judge: Judge) -> None:
        self._account = account
        self._deployment = deployment
        self._judge = judge
        self._containers = {name: self._container(name) for name in senders()}
        self._number = 0
        self._with_ring: set[str] = set()
        self.longest = 0.0
        """Seconds until an answer, on the clock."""

    @property
    def platforms(self) -> list[str]:
        return list(self._containers)

    def has_ring(self, platform: str) -> bool:
        """Whether its container has read the key ring, so that it may serve on with it."""
        return platform in self._with_ring

    def send(self, sent: Sent, conditions: Conditions) -> str:
        """One request under these conditions; what it was told.

        Raises:
            ViolationError: It was told what is not so, or too late.
        """
        self._account.faults.put_in_force(conditions)
        callback_id = sent.callback_id or self._new_id()
        self._deployment.next_callback_id = callback_id
        self._deployment.received_at = None
        self._account.ledger.begin(Actor("callback", (callback_id,)))
        begun = self._account.clock()
        try:
            answer = self._containers[sent.platform].call(sent.event)
        except CrashError:
            answer = {"statusCode": _CRASHED, "body": '{"status": "crashed"}'}
        self._check_time(sent, self._account.clock() - begun)
        status, body = answer["statusCode"], json.loads(answer["body"])
        outcome = body.get("status") or body["error"]
        self._account.ledger.note(callback_id, f"answered {status} {outcome}")
        if status in _PROOF_JUDGED:
            self._with_ring.add(sent.platform)
        elif status == _CRASHED:
            self._with_ring.discard(sent.platform)
        self._look(sent, callback_id)
        if sent.kept:
            self._judge.answered(callback_id, status, outcome, body.get("event_ids", ()))
        elif status:
            self._judge.refused(sent, status, outcome)
        return f"{status} {outcome}" if status else outcome

    def _look(self, sent: Sent, callback_id: str) -> None:
        received_at = self._deployment.received_at
        if sent.kept and received_at and not self._is_repeated():
            self._judge.expect(sent, expected_of(sent, callback_id, received_at))
        self._judge.look()

    def _is_repeated(self) -> bool:
        """Whether a signed call got the answer that it had before: then nothing new comes of it."""
        receipts = self._deployment.witness.receipts
        repeated = any(receipt.outcome is Outcome.REPEATED for receipt in receipts)
        receipts.clear()
        return repeated

    def _check_time(self, sent: Sent, seconds: float) -> None:
        if seconds > ANSWER_SECONDS + _ROUNDING:
            raise ViolationError(f"{sent.what} was answered after {seconds:.3f} s")
        self.longest = max(self.longest, seconds)

    def _container(self, name: str) -> Container:
        return Container(lambda: self._deployment.handler(name))

    def _new_id(self) -> str:
        self._number += 1
        return f"00000000-0000-4000-8000-{self._number:012}"
