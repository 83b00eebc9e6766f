"""What proves a Cenit store's calls: a token in a header, or a key to sign each call with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from commerce_hooks.keyring import CallbackTarget
from commerce_hooks_cli.key_ring_changes import refuse_malformed

if TYPE_CHECKING:
    from commerce_hooks.keyring import KeyRing, StoreKeys

CONTENT_TYPE = {"Content-Type": "application/json"}
"""Without it Cenit sends a JSON text as a form (`PlainWebhook`, facts of its engine)."""
TOKEN_HEADER = "X-Api-Key"  # noqa: S105 - a header's name
TIMESTAMP_HEADER = "X-Commerce-Hooks-Timestamp"
SIGNATURE_HEADER = "X-Commerce-Hooks-Signature"


@dataclass(frozen=True)
class CenitAccess:
    """A store's proof.

    Args:
        parameter: What the secret is called at Cenit, a template parameter of `base`.
        secret: The token; or `<key id>.<generation>.<signing secret>`, all that signing takes.
        headers: What every call carries. In braces what is different for every call.
    """

    signed: bool
    parameter: str
    secret: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, ring: KeyRing, store: str, *, signed: bool | None = None) -> Self:
        """The proof of the kind that was asked for, else of the kind that the ring demands.

        Raises:
            CommandError: The key ring's entry of the store cannot be read: it would be refused.
        """
        refuse_malformed(ring, f"cenit/{store}")
        target = _target(store)
        keys = ring.store(target)
        if signed is None:
            signed = keys.signed_only
        return cls._signed(ring, target, keys) if signed else cls._static(ring, target)

    @classmethod
    def _static(cls, ring: KeyRing, target: CallbackTarget) -> Self:
        token = ring.mint(target)
        return cls(
            signed=False,
            parameter="api_key",
            secret=token,
            headers={**CONTENT_TYPE, TOKEN_HEADER: token},
        )

    @classmethod
    def _signed(cls, ring: KeyRing, target: CallbackTarget, keys: StoreKeys) -> Self:
        key = f"{ring.sign}.{keys.generation}"
        return cls(
            signed=True,
            parameter="signing_key",
            secret=f"{key}.{ring.signing_secret(target)}",
            headers={
                **CONTENT_TYPE,
                TIMESTAMP_HEADER: "{timestamp}",
                SIGNATURE_HEADER: f"{key}.{{signature}}",
            },
        )


def _target(store: str) -> CallbackTarget:
    return CallbackTarget("cenit", store)
