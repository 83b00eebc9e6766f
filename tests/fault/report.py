"""How a run is told: tables of what was answered and broken, what was found, what was left out."""

from collections import Counter
from collections.abc import Iterator

from rich.table import Table

from fault.counts import Combination, Counts
from fault.kinds import KINDS, Kind, Service, crashes_of
from fault.ledger import service_of
from fault.schedule import ALL_SERVICES, OF_BULKS, can_meet_all, combinations

_OFTEN = 200
"""A call that somebody makes so often has to have seen him die before and after it."""


def answers(counts: Counts) -> Table:
    """Callbacks by platform and by what they were told."""
    platforms = sorted({platform for platform, _ in counts.answers})
    table = _table("answered", *platforms, "all")
    sums: Counter[str] = Counter()
    for said in sorted({said for _, said in counts.answers}):
        row = {platform: counts.answers[platform, said] for platform in platforms}
        sums.update(row)
        table.add_row(said, *map(_cell, row.values()), _cell(sum(row.values())))
    table.add_row("all", *(_cell(sums[p]) for p in platforms), _cell(sums.total()), style="bold")
    return table


def faults(counts: Counts) -> Table:
    """Faults injected, by service and kind."""
    table = _table("injected", *(service.value for service in Service), "all")
    for kind in list(Kind)[1:]:
        cells = [counts.faults[service, kind] for service in Service]
        table.add_row(kind.value, *map(_cell, cells), _cell(sum(cells)))
    return table


def lines(counts: Counts) -> Iterator[str]:
    """Everything else that was counted."""
    found = counts.found
    all_, bulks, whole = _wanted()
    yield (
        f"combinations in force: {_of(counts.in_force, all_)}, "
        f"for large bulks {_of(counts.bulks_in_force, bulks)}; "
        f"met by one callback {_of(counts.struck, whole)}"
    )
    yield (
        f"calls {counts.calls.total()}, faults {counts.faults.total()}, "
        f"crashes {counts.crashes.total()}, longest answer {counts.longest_answer:.1f} s"
    )
    jobs = ", ".join(f"{job} {count}" for job, count in sorted(counts.jobs.items()))
    yield f"runs while things failed: {jobs}"
    yield (
        f"letters and jobs: {counts.received} deliveries, at most {counts.most_receives} of one; "
        f"{found['dead letters']} dead letters"
    )
    yield f"events on the bus: {found['events']}, and {found['repeats']} repeats of them"
    yield (
        f"callbacks answered 200: {found['on the bus']} on the bus, "
        f"{found['with dead letters']} with dead letters, {found['in quarantine']} in quarantine "
        f"({found['in quarantine without a pointer']} unannounced), lost 0"
    )


def gaps(counts: Counts) -> Iterator[str]:
    """What a whole run has to exercise, and this one didn't."""
    for service in Service:
        for kind in KINDS[service][1:]:
            if not counts.faults[service, kind]:
                yield f"{service.value}: {kind.value}"
    seen = (counts.in_force, counts.bulks_in_force, counts.struck)
    for known, wanted in zip(seen, _wanted(), strict=True):
        if left := sorted(wanted - known):
            yield f"{len(left)} combinations, such as {', '.join(left[0])}"
    for (actor, call), count in sorted(counts.calls.items()):
        died = {kind for who, what, kind in counts.crashes if (who, what) == (actor, call)}
        if count >= _OFTEN and (left_out := set(crashes_of(service_of(call))) - died):
            yield f"{actor} at {call}: {', '.join(sorted(left_out))}"


def _wanted() -> tuple[set[Combination], set[Combination], set[Combination]]:
    """In force, in force for bulks, and met by one callback."""
    all_ = set(combinations(ALL_SERVICES))
    return all_, set(combinations(OF_BULKS)), {one for one in all_ if can_meet_all(one)}


def _of(known: set[Combination], wanted: set[Combination]) -> str:
    return f"{len(known & wanted)} of {len(wanted)}"


def _cell(count: int) -> str:
    return str(count) if count else "-"


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for other in others:
        table.add_column(other, justify="right")
    return table
