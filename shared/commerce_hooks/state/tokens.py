"""A store's OAuth tokens, shared by all runs: renewed by one at a time, kept before they are used.

Where refresh tokens rotate, each is good for once. A strict server takes a second use for theft
and revokes all that came of it (RFC 9700, 4.14.2); Doorkeeper, which Centry's API is built on,
revokes the old one at once, or when the new access token is first used. So:

- Who renews claims it first, by a conditional write. Nobody else calls the token endpoint while
  the claim lasts, which is longer than the call and the writes after it can take.
- New tokens are kept before any of them is used.
- If no answer comes, or one that says nothing of what was done, the claim stays: the call may be
  in work yet, and must not meet a second one.
- Who claimed writes over no row that was removed meanwhile: then the store is no longer ours.

A run that dies is survived when its claim ends; on a strict server not if it dies between the
server's answer and our write, when the new token is nowhere: then the shop has to consent again.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from commerce_hooks.deadline import Deadline, pauses
from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import (
    AuthorizationLostError,
    CredentialsRefusedError,
    NoResponseError,
    PlatformBrokenError,
    PlatformError,
    RenewalBusyError,
)
from commerce_hooks.platform_access import Surroundings
from commerce_hooks.state.token_rows import HeldTokens, TokenRow
from commerce_hooks.stores import StoreId

RENEWAL_SECONDS = 10.0
"""What the call of the token endpoint may take."""
KEEPING_SECONDS = 20.0
"""So long we try to keep new tokens: they exist nowhere else."""
CLAIM_SECONDS = 90.0
"""What is left beyond both is for clocks that differ, and for calls that arrive late."""
WAIT_SECONDS = 20.0
"""So long others wait for who renews."""
RENEWED_BEFORE_SECONDS = 60.0
"""An access token is renewed so long before its end."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a token endpoint answered.

    Args:
        seconds: For which the access token is good.
        refresh_token: None if it brought none: then the one before stays good.
        scopes: Granted ones; None if it did not say: then they are as before.
    """

    access_token: str = field(repr=False)
    seconds: int
    refresh_token: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] | None = None


class TokenSource(Protocol):
    """A token endpoint, and what it wants of us."""

    def renew(self, refresh_token: str | None, seconds: float) -> Tokens:
        """New tokens, by one call that takes at most so many seconds; it is not made again.

        Raises:
            AuthorizationLostError: Without the shop there will never be any.
            PlatformError: There are none this time.
        """
        ...


class StoreTokens:
    """The tokens of one store.

    Args:
        binding: What they are granted to, such as a hash of the client's id and the host:
            another client never sees them. It is no secret.
    """

    def __init__(
        self, store: StoreId, binding: str, source: TokenSource, surroundings: Surroundings
    ) -> None:
        self._row = TokenRow(surroundings.table, store, binding)
        self._source = source
        self._now = surroundings.now
        self._clock = surroundings.clock
        self._pause = surroundings.pause

    def access_token(self, rejected: str | None = None) -> str:
        """One that is good, and not the one that the platform has just rejected.

        Raises:
            PlatformError: There is none: AuthorizationLostError if only the shop can help.
            UnavailableError: The table does not answer, or did not take the new tokens.
        """
        deadline, waits = Deadline(self._clock, WAIT_SECONDS), pauses()
        while True:
            is_last = deadline.remaining() <= 0
            token = self._held_or_renewed(rejected)
            if token is not None:
                return token
            if is_last:
                raise RenewalBusyError
            self._pause(next(waits))

    def scopes(self) -> tuple[str, ...] | None:
        """Those of the tokens that are held; None if nobody said."""
        return self._row.read().scopes

    def keep(self, tokens: Tokens) -> None:
        """Keep what the shop's consent brought, in the place of whatever is held.

        Nothing of the grant before is kept, not even a refresh token where this brought none.

        Raises:
            UnavailableError: It is not known to be kept: the shop may have to consent again.
        """
        asked_at = self._now()
        while not self._kept(_renewed(HeldTokens(self._row.read().row), tokens, asked_at)):
            pass  # somebody wrote in between
        self._row.forget_others()

    def _held_or_renewed(self, rejected: str | None) -> str | None:
        """None while somebody else renews."""
        held, now = self._row.read(), self._now()
        if held.serves(_later(now, RENEWED_BEFORE_SECONDS), rejected):
            return held.access_token
        if held.claimed_until > now:
            return held.access_token if held.serves(now, rejected) else None
        if held.lost:
            raise AuthorizationLostError
        claim = self._row.write(replace(held, claimed_until=_later(now, CLAIM_SECONDS)))
        return None if claim is None else self._renew(claim)

    def _renew(self, claim: HeldTokens) -> str | None:
        asked_at = self._now()
        if _later(asked_at, RENEWAL_SECONDS + KEEPING_SECONDS) > claim.claimed_until:
            return None  # we were suspended: it will have ended before we are done
        try:
            tokens = self._source.renew(claim.refresh_token, RENEWAL_SECONDS)
        except AuthorizationLostError:
            if not self._noted_as_lost(claim):
                return None  # somebody wrote: there may be new tokens
            raise
        except PlatformError as error:
            unknown = isinstance(error, NoResponseError | PlatformBrokenError)
            if claim.refresh_token is None or not unknown:
                self._release(claim)
            raise
        return self._kept_over(claim, tokens, asked_at)

    def _kept_over(self, claim: HeldTokens, tokens: Tokens, asked_at: datetime) -> str | None:
        """Keep them, also if our claim was taken for ended; None if others are there now.

        Those may be ours: a write can take effect and lose its answer.
        """
        held = claim
        while held.refresh_token in {claim.refresh_token, None}:
            if self._kept(_renewed(held, tokens, asked_at)):
                return tokens.access_token
            held = self._row.read()
            if not held.row.exists:
                raise CredentialsRefusedError("the store's access was removed meanwhile")
        return None

    def _noted_as_lost(self, claim: HeldTokens) -> bool:
        """Whether it is; not if somebody wrote in between."""
        if claim.refresh_token is None:
            # There is no grant to lose. A note that there was one would outlast what ailed the
            # platform, or the store itself.
            return self._row.remove(claim)
        return self._row.write(HeldTokens(row=claim.row, lost=True)) is not None

    def _kept(self, held: HeldTokens) -> bool:
        """Whether it is; not if somebody wrote in between."""
        deadline, waits = Deadline(self._clock, KEEPING_SECONDS), pauses()
        while True:
            try:
                return self._row.write(held) is not None
            except UnavailableError:
                wait = next(waits)
                if wait >= deadline.remaining():
                    raise
            self._pause(wait)

    def _release(self, claim: HeldTokens) -> None:
        try:
            self._row.write(replace(claim, claimed_until=self._now()))
        except UnavailableError:
            return  # it ends by itself; what happened before is what has to be told


def _later(moment: datetime, seconds: float) -> datetime:
    return moment + timedelta(seconds=seconds)


def _renewed(held: HeldTokens, tokens: Tokens, asked_at: datetime) -> HeldTokens:
    """What was held, with new tokens in its place and nothing claimed."""
    return HeldTokens(
        row=held.row,
        access_token=tokens.access_token,
        expires_at=_later(asked_at, tokens.seconds),
        refresh_token=tokens.refresh_token or held.refresh_token,
        scopes=held.scopes if tokens.scopes is None else tokens.scopes,
    )
