"""Stand-ins for what differs from run to run, so that the demo's picture can be compared.

Ids, the account, times, durations and the port are replaced; all else is as it was.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.bus_event import BusEvent
from commerce_hooks_cli.demo import Exchange, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_hooks_cli.callbacks import Sent

BASE_URL = "http://127.0.0.1:8080"
COMMAND = ".venv/bin/commerce-hooks"
READY = "ready in 2.0 s"
_MILLISECONDS = 15.0
_TIMES = {"time": "2026-01-31T09:30:00Z", "received_at": "2026-01-31T09:30:00.000Z"}
_ACCOUNT = "123456789012"
_BUS_ID = "00000000-0000-4000-8000-000000000000"


def fixed(outcome: Outcome) -> Outcome:
    accounts = {str(event.tree.get("account")): _ACCOUNT for event in outcome.events}
    ids = accounts | _stand_ins([exchange.sent for exchange in outcome.exchanges])
    return Outcome(
        [Exchange(one.attempt, _fixed_answer(one.sent, ids)) for one in outcome.exchanges],
        [_fixed_event(event, ids) for event in outcome.events],
        outcome.healing,
    )


def _stand_ins(sent: Sequence[Sent]) -> dict[str, str]:
    """Each callback's id, and the one that stands for it: its number."""
    known = [one.callback_id for one in sent if one.callback_id is not None]
    return {id_: f"00000000-0000-4000-8000-{n:012}" for n, id_ in enumerate(known, start=1)}


def _fixed_answer(sent: Sent, ids: Mapping[str, str]) -> Sent:
    return replace(
        sent,
        callback_id=None if sent.callback_id is None else ids[sent.callback_id],
        event_ids=tuple(_replaced(id_, ids) for id_ in sent.event_ids),
        milliseconds=_MILLISECONDS,
    )


def _fixed_event(event: BusEvent, ids: Mapping[str, str]) -> BusEvent:
    tree = _fixed_tree({**event.tree, "id": _BUS_ID}, ids)
    return BusEvent(json.dumps(tree), tree)


def _fixed_tree(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _TIMES.get(key) or _fixed_tree(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [_fixed_tree(item, ids) for item in value]
    return _replaced(value, ids) if isinstance(value, str) else value


def _replaced(text: str, ids: Mapping[str, str]) -> str:
    for id_, stand_in in ids.items():
        text = text.replace(id_, stand_in)
    return text
