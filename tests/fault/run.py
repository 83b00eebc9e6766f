"""One run: callbacks of all platforms while services fail, then recovery, and the judgement."""

import random
from collections.abc import Iterable
from dataclasses import replace
from random import Random

from cenit.services import PLATFORM as CENIT
from fault.account import Account
from fault.callbacks import Sent, senders
from fault.calls import Caller
from fault.clock import WorldClock
from fault.counts import Counts
from fault.deployment import Deployment
from fault.front_door import FrontDoor
from fault.judge import Judge
from fault.kinds import Kind, Service
from fault.plan import Conditions, lasting
from fault.recovery import Recovery
from fault.schedule import ALL_SERVICES, OF_BULKS, Scene, can_meet_all, single_faults
from fault.workers import SERVICES, Workers

_IN_VAIN = 1 / 12
"""So many requests are forged or otherwise nothing to keep."""
_WARM = 1 / 2
"""So often a new container has read the key ring before anything fails."""
TURNS = 1 / 4
"""So often the workers have a turn after a callback."""
_STALE_SECONDS = 75.0
"""After this time the key ring is read anew."""
_MOST_WAITING = 300
"""With more letters than these in the queue, redelivery has its turn, and nothing fails."""
_OFTEN = {"redeliver": 3, "drain": 2, "bulk": 4, "sweep": 1}
"""How often a job has its turn, compared with the others."""
_DEADLY = 1 / 4
"""So often a job dies at a call at which it seldom did, besides what else fails."""
_MOST_AGAIN = 20


class Run:
    """Everything of one run: its account, its functions, what was sent and what came of it."""

    def __init__(
        self, seed: int, deployed: type[Deployment] = Deployment, turns: float = TURNS
    ) -> None:
        self.chance = Random(seed)  # noqa: S311 - a run has to be the same again
        # The kernel's own jitter as well: the same seed is the same run.
        random.seed(seed)
        self.account = Account(WorldClock(), self.chance)
        deployment = deployed(self.account)
        self.judge = Judge(self.account)
        self.counts = Counts()
        self.workers = Workers(self.account, deployment, self.chance)
        self.front_door = FrontDoor(self.account, deployment, self.judge)
        self._senders = senders(self.chance)
        self._caller = Caller(self.chance)
        self._turns = turns

    def go(self, scenes: Iterable[Scene]) -> Counts:
        """Play all scenes, let everything recover, and judge.

        Raises:
            ViolationError: Something is as it must never be.
        """
        for scene in scenes:
            for _ in range(scene.callbacks):
                self._one(scene)
            self._again(scene)
        self.recover()
        self.judge_all()
        return self._counted()

    def _one(self, scene: Scene) -> None:
        """One callback, and perhaps a turn of the workers."""
        sent = self._next(scene)
        if not self.front_door.has_ring(sent.platform) and self._is_warmed(scene):
            self._warm(sent.platform)
        self._let_time_pass(scene)
        conditions = scene.conditions(self.chance)
        told = self.front_door.send(sent, conditions)
        self.counts.answers[sent.platform, told] += 1
        if sent.kept:
            self._note(scene)
        if self.chance.random() < self._turns:
            self._turn(conditions)

    def _again(self, scene: Scene) -> None:
        """Until a callback has met all that it can meet: not every one calls every service."""
        if not scene.combination or scene.parts or not can_meet_all(scene.combination):
            return
        for _ in range(_MOST_AGAIN):
            if scene.combination in self.counts.struck:
                return
            self._one(replace(scene, plain=True))

    def _let_time_pass(self, scene: Scene) -> None:
        stale = scene.kinds.get(Service.RING, Kind.FINE) is not Kind.FINE
        seconds = self.chance.uniform(0, 20.0)
        self.account.clock.sleep(seconds + (_STALE_SECONDS if stale else 0))

    def _next(self, scene: Scene) -> Sent:
        if scene.parts:
            return self._senders["konimbo"].bulk(self.chance.randint(*scene.parts))
        if scene.plain:
            return self.chance.choice(list(self._senders.values())).plain()
        now = self.account.clock.now()
        platform = self.chance.choice(("konimbo", *self.front_door.platforms))
        in_vain = scene.combination is None and self.chance.random() < _IN_VAIN
        if platform == CENIT.name:
            return self._caller.in_vain(now) if in_vain else self._caller.genuine(now)
        sender = self._senders[platform]
        return sender.in_vain() if in_vain else sender.genuine()

    def _is_warmed(self, scene: Scene) -> bool:
        """Without a key ring nothing else would be called."""
        return scene.combination is not None or self.chance.random() < _WARM

    def _warm(self, platform: str) -> None:
        """Somebody looks at a URL, and with it the container reads the key ring."""
        now = self.account.clock.now()
        sender = self._senders.get(platform)
        self.front_door.send(sender.looked_at() if sender else self._caller.in_vain(now), {})

    def _note(self, scene: Scene) -> None:
        """Which combination that was, and what of it the callback met."""
        if scene.combination and scene.parts:
            self.counts.bulks_in_force.add(scene.combination)
        elif scene.combination:
            self.counts.in_force.add(scene.combination)
        services = OF_BULKS if scene.parts else ALL_SERVICES
        struck = self.account.ledger.struck
        self.counts.struck.add(tuple(struck.get(service, Kind.FINE) for service in services))

    def _turn(self, conditions: Conditions) -> None:
        """One job under the same conditions, with faults of its own, or without any."""
        jobs = self.workers.jobs()
        if not jobs:
            return
        backlog = len(self.account.queues[Service.OUTBOX].messages) > _MOST_WAITING
        job = self.chance.choices(jobs, [_OFTEN[job] for job in jobs])[0]
        if backlog:
            self._work("redeliver", {}, times=_MOST_WAITING // 50)
        else:
            self._work(job, self._of_job(job, conditions))

    def _work(self, job: str, conditions: Conditions, times: int = 1) -> None:
        faults = self.account.faults
        faults.put_in_force(conditions)
        if times == 1 and (not conditions or self.chance.random() < _DEADLY):
            faults.deadly = self.account.ledger.rarest_death(job, self.chance)
        for _ in range(times):
            self.workers.work(job)
            self.counts.jobs[job] += 1
            self.judge.look()
        faults.deadly = None

    def _of_job(self, job: str, conditions: Conditions) -> Conditions:
        match self.chance.randrange(8):
            case 0 | 1:
                return {}
            case 2:
                return conditions
            case 3 if Service.DEAD in SERVICES[job]:
                # Poison, so that the dead letters are reached. Nothing else leads there often.
                dead = self.account.ledger.rarest_fault(Service.DEAD, self.chance)
                return lasting({Service.BUS: Kind.REFUSED, Service.DEAD: dead})
            case _:
                return single_faults(self.chance, SERVICES[job])

    def recover(self) -> None:
        """Let everything work again until nothing moves any more."""
        self.account.faults.put_in_force({})
        self.account.land()
        self.workers.recover()

    def judge_all(self) -> None:
        """Judge what is there now."""
        self.judge.look()
        self.counts.found = Recovery(self.judge.evidence).judge()

    def _counted(self) -> Counts:
        ledger, counts = self.account.ledger, self.counts
        counts.faults, counts.crashes, counts.calls = ledger.faults, ledger.crashes, ledger.calls
        counts.received = self.workers.received
        counts.most_receives = self.workers.most_receives
        counts.longest_answer = self.front_door.longest
        return counts
