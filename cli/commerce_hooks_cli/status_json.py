"""What programs get of `status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_hooks.callback import iso_utc
from commerce_hooks_cli.store_facts import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks.state.seen import Seen
    from commerce_hooks.subscriptions.records import Record
    from commerce_hooks_cli.status_screen import Row
    from commerce_hooks_cli.status_sources import Surveyed


def survey_as_json(surveyed: Surveyed, rows: Sequence[Row], *, local: bool) -> dict[str, Any]:
    ring, outbox = surveyed.evidence.ring, surveyed.outbox
    found = surveyed.quarantined
    return {
        "quarantined": None if found is None else len(found),
        "outbox": None if outbox is None else [place.as_json() for place in outbox],
        "keys": ring and {"sign": ring.sign, "accepted": sorted(ring.keys)},
        "alarms": None
        if local or surveyed.alarms is None
        else [alarm.name for alarm in surveyed.alarms],
        "stores": [row_as_json(row) for row in rows],
        "errors": surveyed.errors,
    }


def row_as_json(row: Row) -> dict[str, Any]:
    facts = row.facts
    return {
        "platform": facts.store.platform,
        "store": facts.store.name,
        "label": facts.label,
        "standing": facts.standing.value,
        "configured": facts.standing is Standing.CONFIGURED,
        "generation": facts.keys and facts.keys.generation,
        "disabled": facts.keys and facts.keys.disabled,
        "keys_in_use": list(facts.keys_in_use),
        "quarantined": facts.quarantined,
        "seen": None if facts.seen is None else [_seen_as_json(one) for one in facts.seen],
        "accounts": None
        if facts.accounts is None
        else [
            {"account": one.account, "received_at": iso_utc(one.received_at)}
            for one in facts.accounts_in_order
        ],
        "subscriptions": facts.record and _record_as_json(facts.record),
        "problem": row.problem,
        "remarks": [
            {"kind": one.kind.value, "problem": one.problem, "detail": one.detail, "do": one.do}
            for one in row.remarks
        ],
    }


def _record_as_json(record: Record) -> dict[str, Any]:
    return {
        "outcome": record.outcome,
        "cause": record.cause,
        "verified_at": record.listed_at and iso_utc(record.listed_at),
        "wrong_since": record.wrong_since and iso_utc(record.wrong_since),
    }


def _seen_as_json(one: Seen) -> dict[str, Any]:
    return {
        "topic": one.topic,
        "key_id": one.key_id,
        "received_at": iso_utc(one.received_at),
        "detail_type": one.detail_type,
        "event_id": one.event_id,
        "account": one.account,
    }
