"""Whether a call is Cenit's: by the store's token in a header, or by a signature.

A token is easily set up and goes over the wire with every call. A signature is good for one
call only, and for ten minutes around its time.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from cenit.calls import Call, Place
from cenit.signing import signed_text
from commerce_hooks.keyring import KeyRing, key_id_of

TIMESTAMP_HEADER = "x-commerce-hooks-timestamp"
SIGNATURE_HEADER = "x-commerce-hooks-signature"
WINDOW_SECONDS = 300
"""A signed call's time may be so far from our clock, before or after."""
_BEARER = re.compile(r"bearer +(?P<token>[!-~]+)", re.IGNORECASE | re.ASCII)
_UNIX_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proof:
    """That a call is genuine.

    Args:
        key_id: The key of the key ring that it was made with.
        signature: As it was sent; None where a token was the proof.
    """

    key_id: str
    signature: str | None = None


def proof_of(call: Call, place: Place, ring: KeyRing, now: datetime) -> Proof | None:
    """The call's proof, None if it has none.

    Where either header of a signature is sent, only the signature counts.
    """
    signatures = call.headers.get(SIGNATURE_HEADER, ())
    timestamps = call.headers.get(TIMESTAMP_HEADER, ())
    if not signatures and not timestamps:
        token = _token(call) or ""
        usable = not ring.store(place.target).signed_only and ring.proves(place.target, token)
        return Proof(key_id_of(token)) if usable else None
    if len(signatures) != 1 or len(timestamps) != 1 or not _is_current(timestamps[0], now):
        return None
    request = call.request
    text = signed_text(request.method, place.path, call.query, timestamps[0], request.body)
    genuine = ring.proves_signature(place.target, text, signatures[0])
    return Proof(key_id_of(signatures[0]), signatures[0]) if genuine else None


def _token(call: Call) -> str | None:
    """The token of either header; None if there is none, one is malformed, or they differ."""
    authorizations = call.headers.get("authorization", ())
    keys = call.headers.get("x-api-key", ())
    bearers = [found["token"] for found in map(_BEARER.fullmatch, authorizations) if found]
    if len(bearers) != len(authorizations) or len(authorizations) > 1 or len(keys) > 1:
        return None
    tokens = {*bearers, *keys}
    return tokens.pop() if len(tokens) == 1 else None


def _is_current(timestamp: str, now: datetime) -> bool:
    if not _UNIX_SECONDS.fullmatch(timestamp):
        return False
    return abs(now.timestamp() - int(timestamp)) <= WINDOW_SECONDS
