"""How a load is told: a line now and then while it runs, two tables and a verdict at the end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from load.accounts import Account, Ledger

_MOST_FLAWS = 20


@dataclass
class Progress:
    """Tells how far a load is, `every` so many seconds of the clock.

    Args:
        seconds: How long the load lasts.
    """

    say: Callable[[str], None]
    clock: Callable[[], float]
    every: float
    seconds: float

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._next = self._began + self.every

    def tell(self, ledger: Ledger) -> None:
        now = self.clock()
        if now < self._next:
            return
        self._next = now + self.every
        whole = ledger.account()
        self.say(
            f"{now - self._began:.0f} s (sending for {self.seconds:g}): {whole.requests} answers, "
            f"{whole.errors.total()} of them wrong; {whole.arrived} of {whole.promised} events"
        )


def times(ledger: Ledger, seconds: float) -> Table:
    """Throughput, and how long answers took."""
    table = _table("platform", "requests", "a second", "p50 ms", "p90 ms", "p99 ms", "max ms")
    for name, account in _rows(ledger):
        percentiles = (_milliseconds(account.percentile(percent)) for percent in (50, 90, 99, 100))
        rate = f"{account.requests / seconds:.1f}"
        table.add_row(name, str(account.requests), rate, *percentiles)
    return table


def agreement(ledger: Ledger) -> Table:
    """What was answered and promised, and what came off the bus."""
    table = _table("platform", "promised", "arrived", "missing", "unexpected", "errors")
    table.add_column("answers", overflow="fold")
    for name, account in _rows(ledger):
        wrong = (len(account.missing), len(account.unexpected), account.errors.total())
        answers = ", ".join(f"{said} {count}" for said, count in account.outcomes.most_common())
        table.add_row(name, str(account.promised), str(account.arrived), *map(_bad, wrong), answers)
    return table


def flaws(account: Account) -> Iterator[str]:
    """What is wrong, each in a line; many are cut short."""
    yield from account.flaws[:_MOST_FLAWS]
    if len(account.flaws) > _MOST_FLAWS:
        yield f"... and {len(account.flaws) - _MOST_FLAWS} more"


def verdict(account: Account) -> str:
    if not account.requests:
        return "Nothing was answered."
    if account.flaws:
        return "Answers and events do NOT agree, or an answer is wrong."
    repeats = account.repeated_rightly
    more = f" ({repeats} of them repeated by the outbox, as may be)" if repeats else ""
    return f"{account.requests} answers and {account.arrived} events agree{more}."


def _rows(ledger: Ledger) -> Iterator[tuple[str, Account]]:
    for platform in ledger.platforms:
        yield platform, ledger.account(platform)
    yield "all", ledger.account()


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for title in numbers:
        table.add_column(title, justify="right")
    return table


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _bad(count: int) -> Text:
    return Text(str(count), "bold red" if count else "")
