"""The plan behind the wires: which call fails, and how, while which conditions are in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from fault.clock import WorldClock
from fault.kinds import Kind, Service, fault_of
from fault.ledger import Ledger, call_name
from support.faults import Fault, Plan, TimedOut

_SLOW = 1 / 8
"""So many good answers take their time."""
_LONGEST_SLOW_SECONDS = 0.5
_QUICKLY, _SLOWLY = (0.0, 0.3), (0.6, 2.0)
"""How long a failing call takes, from and to: of quick ones many fit into a budget."""
_QUICK = 1 / 10
_HURRIED = frozenset({Service.DEAD})
"""Dead letters share two seconds, each gets half of what is left: slow failures would hardly be
anything but timeouts there."""


@dataclass(slots=True)
class Condition:
    """How a service does at present: every call meets this kind, or only so many, after some."""

    kind: Kind
    calls: int | None = None
    spared: int = 0


Conditions = Mapping[Service, Condition]


def lasting(kinds: Mapping[Service, Kind]) -> Conditions:
    return {service: Condition(kind) for service, kind in kinds.items()}


@dataclass
class Faults:
    """All services' plan. Calls take time: failing ones more, so that budgets are used up."""

    clock: WorldClock
    chance: Random
    ledger: Ledger
    conditions: Conditions = field(default_factory=dict)
    failing_seconds: tuple[float, float] = _SLOWLY
    deadly: tuple[str, Kind] | None = None
    """Whoever makes this call next dies of it, whatever the conditions are."""

    def plan_of(self, service: Service) -> Plan:
        return _Of(self, service)

    def put_in_force(self, conditions: Conditions) -> None:
        """From now on."""
        self.conditions = conditions
        self.failing_seconds = _QUICKLY if self.chance.random() < _QUICK else _SLOWLY

    def next_of(self, service: Service, operation: str) -> Fault | None:
        kind = self._kind(service, operation)
        try:
            self._let_time_pass(service, failing=kind is not Kind.FINE)
        except TimeoutError:
            self.ledger.called(service, operation, Kind.TIMEOUT_BEFORE, TimedOut())
            raise
        fault = fault_of(service, kind, operation, self.chance)
        self.ledger.called(service, operation, kind, fault)
        return fault

    def _kind(self, service: Service, operation: str) -> Kind:
        if self.deadly and self.deadly[0] == call_name(service, operation):
            _, kind = self.deadly
            self.deadly = None
            return kind
        condition = self.conditions.get(service)
        if condition is None or condition.calls == 0:
            return Kind.FINE
        if condition.spared:
            condition.spared -= 1
            return Kind.FINE
        if condition.calls is not None:
            condition.calls -= 1
        return condition.kind

    def _let_time_pass(self, service: Service, *, failing: bool) -> None:
        if failing:
            seconds = _QUICKLY if service in _HURRIED else self.failing_seconds
            self.clock.sleep(self.chance.uniform(*seconds))
        elif self.chance.random() < _SLOW:
            self.clock.sleep(self.chance.uniform(0, _LONGEST_SLOW_SECONDS))


@dataclass(frozen=True, slots=True)
class _Of:
    """One service's view: three queues share the SDK's name for them."""

    faults: Faults
    service: Service

    def next(self, service: str, operation: str) -> Fault | None:  # noqa: ARG002 - as the Plan has it
        return self.faults.next_of(self.service, operation)
