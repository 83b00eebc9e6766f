"""A store's tokens as the state table has them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonObject
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreId

TOKENS = "tokens"
"""The kind of row. Its ids are `<platform>/<store>#<binding>`."""
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HeldTokens:
    """What is held.

    Args:
        row: As it was read.
        scopes: None if nobody said.
        claimed_until: Until then somebody renews the tokens, or has died.
        lost: The platform takes the refresh token no more.
    """

    row: Row
    access_token: str = field(default="", repr=False)
    expires_at: datetime = _LONG_AGO
    refresh_token: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] | None = None
    claimed_until: datetime = _LONG_AGO
    lost: bool = False

    def serves(self, at: datetime, rejected: str | None) -> bool:
        """Whether the access token is good at that time, as far as is known."""
        return self.expires_at > at and self.access_token != rejected


class TokenRow:
    """The row of one store and binding."""

    def __init__(self, table: StateTable, store: StoreId, binding: str) -> None:
        self._table = table
        self._store = store
        self._id = f"{store}#{binding}"

    def read(self) -> HeldTokens:
        return _held(self._table.read(TOKENS, self._id))

    def write(self, held: HeldTokens) -> HeldTokens | None:
        """None if somebody else wrote since it was read."""
        written = self._table.write(held.row, _data(held))
        return None if written is None else _held(written)

    def remove(self, held: HeldTokens) -> bool:
        """False if somebody else wrote since it was read."""
        return self._table.remove(held.row)

    def forget_others(self) -> None:
        """Forget what other bindings of the store hold."""
        for row in self._table.rows(TOKENS, f"{self._store}#"):
            if row.id != self._id:
                self._table.remove(row)


def _data(held: HeldTokens) -> JsonObject:
    return {
        "access_token": held.access_token,
        "expires_at": iso_utc(held.expires_at),
        "refresh_token": held.refresh_token,
        "scopes": None if held.scopes is None else list(held.scopes),
        "claimed_until": iso_utc(held.claimed_until),
        "lost": held.lost,
    }


def _held(row: Row) -> HeldTokens:
    if not row.exists:
        return HeldTokens(row)
    data, scopes = row.data, row.data["scopes"]
    return HeldTokens(
        row,
        access_token=str(data["access_token"]),
        expires_at=datetime.fromisoformat(str(data["expires_at"])),
        refresh_token=None if data["refresh_token"] is None else str(data["refresh_token"]),
        scopes=tuple(map(str, scopes)) if isinstance(scopes, list) else None,
        claimed_until=datetime.fromisoformat(str(data["claimed_until"])),
        lost=data["lost"] is True,
    )
