"""Where `status` has its facts from. Each source may fail; the others still tell."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_hooks.state.seen import all_accounts, all_seen
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.records import all_records
from commerce_hooks_cli.alarms import alarms_of, ringing
from commerce_hooks_cli.configured_stores import configured_stores
from commerce_hooks_cli.outbox import OutboxPlaces
from commerce_hooks_cli.quarantine import QuarantineRecords
from commerce_hooks_cli.quarantine_selection import Selection
from commerce_hooks_cli.stack_resources import resources_of
from commerce_hooks_cli.state_table import open_state_table
from commerce_hooks_cli.store_facts import Evidence
from commerce_hooks_cli.told import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from commerce_hooks.state.table import Row, StateTable
    from commerce_hooks_cli.alarms import Alarm
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.outbox import Waiting
    from commerce_hooks_cli.quarantine import Record
    from commerce_hooks_cli.told import Told

MOST_QUARANTINED = 1000
"""So many records in quarantine are counted; where there are more, that is all there is to say."""
_LOOKS = "The last looks at subscriptions"


@dataclass(frozen=True)
class Surveyed:
    """What all sources told together."""

    evidence: Evidence
    quarantined: list[Record] | None = None
    outbox: list[Waiting] | None = None
    alarms: list[Alarm] | None = None
    errors: list[str] = field(default_factory=list)


def survey(deployment: Deployment, store: StoreId | None = None) -> Surveyed:
    """Ask all sources at once, about all stores or one. Alarms and outbox are asked for all."""
    odd: list[Row] = []

    def table() -> StateTable:
        return open_state_table(deployment)

    sources: dict[str, Callable[[], Any]] = {
        "The stores' configurations": configured_stores(deployment).all,
        "The key ring": deployment.key_ring,
        "What was seen last": lambda: list(all_seen(table(), store, odd.append)),
        "The shops' identities": lambda: list(all_accounts(table(), store, odd.append)),
        "The quarantine": lambda: _quarantined(deployment, store),
        _LOOKS: lambda: list(all_records(table(), odd.append)),
    }
    if store is None:
        sources["The outbox"] = lambda: list(OutboxPlaces.of(deployment).waiting())
        sources["The alarms"] = lambda: _ringing(deployment)
    with ThreadPoolExecutor(len(sources)) as pool:
        asked = {what: pool.submit(ask, what, source) for what, source in sources.items()}
        return _surveyed({what: one.result() for what, one in asked.items()}, odd)


def _surveyed(told: Mapping[str, Told[Any]], odd: list[Row]) -> Surveyed:
    values = {what: one.value for what, one in told.items()}
    quarantined, outbox = values["The quarantine"], values.get("The outbox")
    return Surveyed(
        Evidence(
            configurations=values["The stores' configurations"],
            ring=values["The key ring"],
            seen=values["What was seen last"],
            accounts=values["The shops' identities"],
            quarantined=None if quarantined is None else Counter(map(_store_of, quarantined)),
            records=values[_LOOKS],
        ),
        quarantined=quarantined,
        outbox=outbox,
        alarms=values.get("The alarms"),
        errors=[
            *(one.error for one in told.values() if one.error),
            *_unreadable(odd),
            *(f"The outbox ({one.place}): {one.error}" for one in outbox or () if one.error),
        ],
    )


def _unreadable(rows: list[Row]) -> Iterator[str]:
    if rows:
        # An identity is part of its row's id, and no place for others' words.
        stores = sorted({row.id.partition("#")[0] for row in rows})
        yield f"Rows of the state table that cannot be read: {len(rows)} of {', '.join(stores)}."


def _quarantined(deployment: Deployment, store: StoreId | None) -> list[Record]:
    records = QuarantineRecords(deployment.client("s3"), deployment.payload_bucket)
    platform, name = store or (None, None)
    return records.newest(Selection(platform=platform, store=name), MOST_QUARANTINED)


def _store_of(record: Record) -> StoreId:
    return StoreId(record.place.platform, record.place.store)


def _ringing(deployment: Deployment) -> list[Alarm]:
    found = alarms_of(deployment.client("cloudwatch"), resources_of(deployment))
    return ringing(found)
