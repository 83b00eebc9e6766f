"""Whether a run notices deployments that lose, alter or repeat callbacks."""

import pytest

from fault import mutants, worker_mutants
from fault.cases import ViolationError
from fault.deployment import Deployment
from fault.kinds import Kind, Service
from fault.run import TURNS, Run
from fault.schedule import FOR_A_JOB, Scene, scenes

MOST_SEEDS = 10
OFTEN = 3 / 4
FEW = (2, 12)
BUS_DOWN = Scene(15, {Service.BUS: Kind.ERROR})
QUEUE_DOWN_TOO = Scene(15, {Service.BUS: Kind.ERROR, Service.OUTBOX: Kind.THROTTLED})
BUS_PARTLY_DOWN = Scene(25, {Service.BUS: Kind.PARTIAL, Service.OUTBOX: Kind.THROTTLED}, parts=FEW)
IN_PART = Scene(25, {Service.BUS: Kind.PARTIAL}, parts=FEW)
BUCKET_DOWN = Scene(100, {Service.BUCKET: Kind.THROTTLED})
CALM = Scene(10, {})
BULKS = Scene(12, {}, parts=FOR_A_JOB)
FEW_CALLBACKS = {
    worker_mutants.AcknowledgesFirst: [BUS_DOWN, CALM],
    worker_mutants.DrainsBeforePublishing: [QUEUE_DOWN_TOO, CALM],
    worker_mutants.DrainsWhatFailed: [QUEUE_DOWN_TOO, CALM],
    worker_mutants.MarksBulksDoneFirst: [BULKS],
    mutants.OverwritesInTheOutbox: [BUS_PARTLY_DOWN],
    mutants.QueuesSensitiveBytes: [BUCKET_DOWN],
    worker_mutants.RenamesAtRedelivery: [BUCKET_DOWN],
    worker_mutants.ReportsNoFailures: [BUS_DOWN, CALM],
    mutants.RetriesPermanentCodes: [Scene(40, {})],
    mutants.RetriesWhatSucceeded: [IN_PART],
    mutants.ForgetsPointers: [BUS_DOWN, BUS_DOWN],
    mutants.RefusesWithoutARing: [Scene(25, {Service.RING: Kind.ERROR})],
    worker_mutants.DrainsWholeObjects: [BUS_PARTLY_DOWN],
    worker_mutants.DropsPoison: [BUS_DOWN, BUS_DOWN],
    worker_mutants.NeverSweeps: [Scene(15, {Service.BULK: Kind.ERROR}, parts=FOR_A_JOB)],
    worker_mutants.ReportsAllFailures: [IN_PART],
    worker_mutants.SavesProgressFirst: [BULKS],
}
"""Where a fault of few callbacks counts, most of them are of that kind."""
ALL = [
    value
    for module in (mutants, worker_mutants)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Deployment) and value is not Deployment
]


def violation_of(mutant: type[Deployment], seed: int) -> str | None:
    """What a run finds; None if it finds nothing."""
    run = Run(seed, mutant, OFTEN if mutant in FEW_CALLBACKS else TURNS)
    try:
        run.go(FEW_CALLBACKS.get(mutant) or scenes(100, run.chance))
    except ViolationError as violation:
        return str(violation)
    return None


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_caught(mutant: type[Deployment]) -> None:
    assert any(violation_of(mutant, seed) for seed in range(MOST_SEEDS))


@pytest.mark.parametrize("mutant", FEW_CALLBACKS, ids=lambda mutant: mutant.__name__)
def test_the_real_one_passes_where_it_is_caught(mutant: type[Deployment]) -> None:
    Run(0, Deployment, OFTEN).go(FEW_CALLBACKS[mutant])
