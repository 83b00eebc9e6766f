"""Cenit's calls, made by chance of the samples: plain, signed, sent again, forged, in vain."""

from dataclasses import replace
from datetime import datetime
from random import Random

from cenit.entrypoint import callback_id_of
from cenit.services import PLATFORM, QUERIES
from commerce_hooks.keyring import CallbackTarget
from fault.account import REFUSED_CALL, REFUSED_ENTRY
from fault.bodies import mark_of
from fault.callbacks import KEY_RING, STORES, Sent
from support.api_gateway import JSON_HEADERS
from support.cenit import (
    CallSample,
    call_event,
    call_samples,
    path_of,
    secret_for,
    signature_headers,
)

AGAIN_SECONDS = 200.0
"""A signed call that is sent again after this time is none any more (`cenit.access`)."""


class Caller:
    """Makes the calls of all Cenit stores."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._samples = call_samples()
        self._signed: tuple[datetime, Sent] | None = None

    def genuine(self, now: datetime) -> Sent:
        """A command that has to become an event, or one that had."""
        if self._signed and self._chance.random() < 1 / 3:
            signed_at, sent = self._signed
            self._signed = None
            if (now - signed_at).total_seconds() < AGAIN_SECONDS:
                return replace(sent, what=f"{sent.what}, again")
        sample, store = self._chance.choice(self._samples), self._chance.choice(STORES)
        mark = mark_of(self._chance)
        spoiling = self._chance.choices(("", REFUSED_ENTRY, REFUSED_CALL), (95, 3, 2))[0]
        if self._chance.random() < 1 / 2:
            return self._plain(sample, store, mark, spoiling)
        sent = self._sign(sample, store, mark, spoiling, now)
        self._signed = now, sent
        return sent

    def in_vain(self, now: datetime) -> Sent:
        """One of which nothing is kept: forged, invalid, or a query."""
        sample, store = self._chance.choice(self._samples), self._chance.choice(STORES)
        mark = mark_of(self._chance)
        match self._chance.randrange(4):
            case 0:
                return self._sent(sample, store, mark, "", _key("other"), "forged")
            case 1:
                headers = self._signature(sample, store, mark, "", now, label="no-such-label")
                return self._sent(sample, store, mark, "", headers, "forged signature")
            case 2:
                invalid = replace(sample, body=b'{"order":[', service="create_order", id=None)
                return self._sent(invalid, store, mark, "", _key(store), "invalid")
            case _:
                query = replace(sample, service=self._chance.choice(sorted(QUERIES)), id=None)
                return self._sent(query, store, mark, "", _key(store), "query")

    def _plain(self, sample: CallSample, store: str, mark: str, spoiling: str) -> Sent:
        headers = _key(store)
        return self._sent(sample, store, mark, spoiling, headers, f"cenit/{sample}", kept=True)

    def _sign(
        self, sample: CallSample, store: str, mark: str, spoiling: str, now: datetime
    ) -> Sent:
        headers = self._signature(sample, store, mark, spoiling, now, label="signed-requests")
        what = f"cenit/{sample}, signed"
        sent = self._sent(sample, store, mark, spoiling, headers, what, kept=True)
        return replace(sent, callback_id=callback_id_of(headers["X-Commerce-Hooks-Signature"]))

    def _signature(
        self, sample: CallSample, store: str, mark: str, spoiling: str, now: datetime, label: str
    ) -> dict[str, str]:
        return signature_headers(
            sample.method,
            path_of(sample.service, sample.id, store),
            _query(sample, mark, spoiling),
            sample.body,
            timestamp=int(now.timestamp()),
            secret=secret_for(store, label=label),
        )

    def _sent(
        self,
        sample: CallSample,
        store: str,
        mark: str,
        spoiling: str,
        headers: dict[str, str],
        what: str,
        *,
        kept: bool = False,
    ) -> Sent:
        query = _query(sample, mark, spoiling)
        event = call_event(
            sample.service,
            sample.body,
            method=sample.method,
            id_=sample.id,
            store=store,
            headers={**JSON_HEADERS, **headers},
            query=query,
        )
        return Sent(
            platform=PLATFORM.name,
            what=what,
            event=event,
            target=CallbackTarget(PLATFORM.name, store),
            body=sample.body,
            kept=kept,
            marks=(mark,),
            spoiled=bool(spoiling),
        )


def _key(store: str) -> dict[str, str]:
    return {"X-Api-Key": KEY_RING.mint(CallbackTarget(PLATFORM.name, store))}


def _query(sample: CallSample, mark: str, spoiling: str) -> dict[str, str]:
    return {**sample.query, "note": mark, **({"comment": spoiling} if spoiling else {})}
