"""A store's tokens: renewed by one at a time, kept before they are used, and never burnt twice."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import (
    AuthorizationLostError,
    CredentialsRefusedError,
    NoResponseError,
    PlatformBrokenError,
    PlatformError,
    RateLimitedError,
    RenewalBusyError,
)
from commerce_hooks.state.table import Row
from commerce_hooks.state.token_rows import TOKENS
from commerce_hooks.state.tokens import (
    CLAIM_SECONDS,
    KEEPING_SECONDS,
    RENEWAL_SECONDS,
    WAIT_SECONDS,
    StoreTokens,
    Tokens,
)
from commerce_hooks.stores import StoreId
from support.state_table import FakeStateTable, failing
from support.surroundings import FakeTime, surroundings

ACME = StoreId("centry", "acme")
HOURS = 3600.0


@dataclass
class FakeSource:
    """A token endpoint: refresh token n is good once, for access token n + 1."""

    renewals: list[str | None] = field(default_factory=list)
    during: Callable[[], None] = lambda: None
    rotating: bool = True
    label: str = ""

    def renew(self, refresh_token: str | None, seconds: float) -> Tokens:
        assert seconds <= RENEWAL_SECONDS
        self.renewals.append(refresh_token)
        during, self.during = self.during, lambda: None
        during()
        if not self.rotating:
            return Tokens(f"access-{len(self.renewals)}", 7200)
        if refresh_token is None:
            raise AuthorizationLostError
        number = f"{int(refresh_token.split('-')[1]) + 1}{self.label}"
        return Tokens(f"access-{number}", 7200, f"refresh-{number}", ("read_webhook",))


@dataclass
class World:
    time: FakeTime = field(default_factory=FakeTime)
    table: FakeStateTable = field(default_factory=FakeStateTable)
    source: FakeSource = field(default_factory=FakeSource)

    def run(self, source: FakeSource | None = None, binding: str = "app") -> StoreTokens:
        """A run's view of the store's tokens."""
        around = surroundings(table=self.table, time=self.time)
        return StoreTokens(ACME, binding, source or self.source, around)

    def consented(self) -> StoreTokens:
        run = self.run()
        run.keep(Tokens("access-0", 7200, "refresh-0"))
        return run


@pytest.fixture
def world() -> World:
    return World()


def raising(error: BaseException) -> Callable[[], None]:
    def during() -> None:
        raise error

    return during


def test_a_token_serves_all_runs_until_it_nearly_ends(world: World) -> None:
    world.consented()
    world.time.pause(2 * HOURS - 61)

    assert world.run().access_token() == world.run().access_token() == "access-0"
    assert world.source.renewals == []

    world.time.pause(2)

    assert world.run().access_token() == world.run().access_token() == "access-1"
    assert world.source.renewals == ["refresh-0"]


def test_each_renewal_uses_the_refresh_token_of_the_one_before(world: World) -> None:
    run = world.consented()
    for _ in range(3):
        world.time.pause(2 * HOURS)
        run.access_token()

    assert world.source.renewals == ["refresh-0", "refresh-1", "refresh-2"]


def test_a_rejected_token_is_renewed_though_it_should_be_good(world: World) -> None:
    run = world.consented()

    assert run.access_token(rejected="access-0") == "access-1"
    assert run.access_token(rejected="access-0") == "access-1"
    assert world.source.renewals == ["refresh-0"]


def test_without_rotation_no_refresh_token_is_needed(world: World) -> None:
    world.source.rotating = False
    run = world.run()

    assert run.access_token() == "access-1"
    world.time.pause(2 * HOURS)
    assert run.access_token() == "access-2"
    assert world.source.renewals == [None, None]


def test_an_answer_without_a_refresh_token_leaves_the_one_before(world: World) -> None:
    run = world.consented()
    world.source.rotating = False
    for _ in range(2):
        world.time.pause(2 * HOURS)
        run.access_token()

    assert world.source.renewals == ["refresh-0", "refresh-0"]


def test_the_new_tokens_are_kept_before_any_is_given_out(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    world.source.during = lambda: setattr(world.table, "before_call", failing)

    with pytest.raises(UnavailableError):
        run.access_token()


def test_keeping_new_tokens_is_tried_hard(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    left = [20]

    def fails_often(_: str) -> None:
        left[0] -= 1
        if left[0] >= 0:
            failing("")

    world.source.during = lambda: setattr(world.table, "before_call", fails_often)

    assert run.access_token() == "access-1"
    assert left == [-1]


def test_a_claim_lasts_longer_than_what_it_is_for() -> None:
    assert CLAIM_SECONDS >= RENEWAL_SECONDS + KEEPING_SECONDS + 30


def test_while_another_renews_a_token_that_is_still_good_serves(world: World) -> None:
    world.consented()
    world.time.pause(2 * HOURS - 30)
    seen: list[str] = []
    world.source.during = lambda: seen.append(world.run(FakeSource()).access_token())

    assert world.run().access_token() == "access-1"
    assert seen == ["access-0"]


def test_while_another_renews_who_needs_the_new_token_waits_but_not_for_ever(world: World) -> None:
    world.consented()
    world.time.pause(2 * HOURS)
    other = world.run(FakeSource())

    def during() -> None:
        with pytest.raises(RenewalBusyError):
            other.access_token()

    world.source.during = during
    began = world.time.passed

    assert world.run().access_token() == "access-1"
    assert WAIT_SECONDS <= world.time.passed - began < WAIT_SECONDS + 1
    assert other.access_token() == "access-1"


def test_who_loses_the_claim_waits_for_the_winners_token(world: World) -> None:
    world.consented()
    world.time.pause(2 * HOURS)
    winner, loser = world.run(), world.run(FakeSource())

    def winner_first(call: str) -> None:
        if call == "write":
            world.table.before_call = lambda _: None
            winner.access_token()

    world.table.before_call = winner_first

    assert loser.access_token() == "access-1"
    assert world.source.renewals == ["refresh-0"]


@pytest.mark.parametrize("error", [CredentialsRefusedError(), RateLimitedError()])
def test_after_a_failure_that_was_answered_the_next_run_tries_at_once(
    world: World, error: PlatformError
) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    world.source.during = raising(error)
    with pytest.raises(type(error)):
        run.access_token()

    assert world.run().access_token() == "access-1"


@pytest.mark.parametrize("error", [NoResponseError("Timeout"), PlatformBrokenError(504)])
def test_after_no_answer_or_a_gateway_s_nobody_calls_until_the_claim_ends(
    world: World, error: PlatformError
) -> None:
    """The call may be in work yet: a second one with the same refresh token could meet it."""
    run = world.consented()
    world.time.pause(2 * HOURS)
    world.source.during = raising(error)
    with pytest.raises(type(error)):
        run.access_token()

    with pytest.raises(RenewalBusyError):
        world.run().access_token()
    assert world.source.renewals == ["refresh-0"]

    world.time.pause(CLAIM_SECONDS)

    assert world.run().access_token() == "access-1"


def test_where_nothing_rotates_no_answer_holds_nobody_up(world: World) -> None:
    world.source.rotating = False
    world.source.during = raising(NoResponseError("Timeout"))
    with pytest.raises(NoResponseError):
        world.run().access_token()

    assert world.run().access_token() == "access-2"


def test_a_failing_table_hides_no_failure_of_the_platform(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)

    def during() -> None:
        world.table.before_call = failing
        raise RateLimitedError

    world.source.during = during

    with pytest.raises(RateLimitedError):
        run.access_token()


def test_a_lost_authorization_is_told_without_asking_again(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    world.source.during = raising(AuthorizationLostError())
    for _ in range(3):
        with pytest.raises(AuthorizationLostError, match="authorize"):
            run.access_token()

    assert world.source.renewals == ["refresh-0"]


def test_consent_ends_that(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    world.source.during = raising(AuthorizationLostError())
    with pytest.raises(AuthorizationLostError):
        run.access_token()

    run.keep(Tokens("access-8", 7200, "refresh-8"))

    assert run.access_token() == "access-8"


def test_where_no_shop_consented_a_lost_authorization_is_not_noted(world: World) -> None:
    """Nobody could consent again, so nothing would ever end it."""
    world.source.rotating = False
    world.source.during = raising(AuthorizationLostError())
    with pytest.raises(AuthorizationLostError):
        world.run().access_token()

    assert list(world.table.rows(TOKENS)) == []
    assert world.run().access_token() == "access-2"


def test_a_new_consent_without_a_refresh_token_does_not_go_on_with_the_old_one(
    world: World,
) -> None:
    run = world.consented()
    run.keep(Tokens("access-8", 7200))
    world.time.pause(2 * HOURS)

    with pytest.raises(AuthorizationLostError):
        run.access_token()
    assert world.source.renewals == [None]


def removed(world: World) -> None:
    for row in world.table.rows(TOKENS):
        world.table.remove(row)


@pytest.mark.parametrize("rotating", [True, False])
def test_a_store_that_is_removed_during_a_renewal_keeps_no_tokens(
    world: World, *, rotating: bool
) -> None:
    run = world.consented()
    world.source.rotating = rotating
    world.source.during = lambda: removed(world)

    with pytest.raises(CredentialsRefusedError, match="removed"):
        run.access_token(rejected="access-0")
    assert list(world.table.rows(TOKENS)) == []


def test_nor_a_note_that_they_are_lost(world: World) -> None:
    run = world.consented()

    def during() -> None:
        removed(world)
        raise AuthorizationLostError

    world.source.during = during

    with pytest.raises(AuthorizationLostError):
        run.access_token(rejected="access-0")
    assert list(world.table.rows(TOKENS)) == []


def test_who_waited_for_a_refusal_does_not_write_it_over_a_new_consent(world: World) -> None:
    """The store was removed and added again meanwhile, and the shop consented twice."""
    run = world.consented()

    def during() -> None:
        removed(world)
        for number in (200, 201):
            world.run().keep(Tokens(f"access-{number}", 7200, f"refresh-{number}"))
        raise AuthorizationLostError

    world.source.during = during

    assert run.access_token(rejected="access-0") == "access-201"


def test_refused_credentials_are_told_each_time(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    for _ in range(2):
        world.source.during = raising(CredentialsRefusedError())
        with pytest.raises(CredentialsRefusedError):
            run.access_token()

    assert run.access_token() == "access-1"


def test_a_run_that_dies_holding_the_claim_is_survived(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    world.source.during = raising(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run.access_token()

    with pytest.raises(RenewalBusyError):
        world.run().access_token()
    world.time.pause(CLAIM_SECONDS)

    assert world.run().access_token() == "access-1"


def after_first_write(table: FakeStateTable, then: Callable[[], None]) -> None:
    """Something happens once a write has taken effect, and before its answer is heard."""
    real, waiting = table.write, [then]

    def write(*args: Any, **named: Any) -> Row | None:
        written = real(*args, **named)
        if waiting:
            waiting.pop()()
        return written

    table.write = write  # type: ignore[method-assign]


def test_who_slept_after_the_claim_does_not_use_the_refresh_token(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    after_first_write(world.table, took_over(world, FakeSource(label="-theirs")))

    assert run.access_token() == "access-1-theirs"
    assert world.source.renewals == []


def took_over(world: World, source: FakeSource) -> Callable[[], None]:
    """Another run takes our claim for ended, and renews, while we wait for the answer."""

    def during() -> None:
        world.time.pause(CLAIM_SECONDS)
        with suppress(AuthorizationLostError, NoResponseError):
            world.run(source).access_token()

    return during


def test_tokens_of_a_claim_that_ended_give_way_to_those_of_who_took_it_over(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    world.source.during = took_over(world, FakeSource(label="-theirs"))

    assert run.access_token() == "access-1-theirs"
    assert world.table.read(TOKENS, f"{ACME}#app").data["refresh_token"] == "refresh-1-theirs"


@pytest.mark.parametrize(
    "error", [AuthorizationLostError(), NoResponseError("Timeout")], ids=["refused", "silent"]
)
def test_they_are_kept_if_the_other_got_none(world: World, error: PlatformError) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    world.source.during = took_over(world, FakeSource(during=raising(error)))

    assert run.access_token() == "access-1"
    assert world.table.read(TOKENS, f"{ACME}#app").data["refresh_token"] == "refresh-1"


def test_who_comes_too_late_with_a_refusal_takes_what_the_other_got(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)

    def during() -> None:
        took_over(world, FakeSource())()
        raise AuthorizationLostError

    world.source.during = during

    assert run.access_token() == "access-1"


def test_a_write_that_only_lost_its_answer_counts(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)
    world.source.during = lambda: after_first_write(world.table, lambda: failing(""))

    assert run.access_token() == "access-1"
    assert world.source.renewals == ["refresh-0"]


def test_another_application_never_sees_the_tokens_of_the_one_before(world: World) -> None:
    world.consented()
    source = FakeSource()

    with pytest.raises(AuthorizationLostError):
        world.run(source, binding="other").access_token()
    assert source.renewals == [None]
    assert world.run().access_token() == "access-0"


def test_consent_to_another_application_ends_what_was_held_for_the_one_before(
    world: World,
) -> None:
    world.consented()
    world.run(binding="other").keep(Tokens("access-5", 7200, "refresh-5"))

    assert [row.id for row in world.table.rows(TOKENS)] == [f"{ACME}#other"]


def test_consent_is_kept_though_somebody_writes_at_the_same_time(world: World) -> None:
    run = world.consented()
    world.time.pause(2 * HOURS)

    def other_first(call: str) -> None:
        if call == "write":
            world.table.before_call = lambda _: None
            world.run().access_token()

    world.table.before_call = other_first
    run.keep(Tokens("access-8", 7200, "refresh-8"))

    assert run.access_token() == "access-8"


def test_scopes_are_those_that_were_told_last(world: World) -> None:
    run = world.consented()
    assert run.scopes() is None

    run.access_token(rejected="access-0")
    assert run.scopes() == ("read_webhook",)

    world.source.rotating = False
    run.access_token(rejected="access-1")
    assert run.scopes() == ("read_webhook",)

    run.keep(Tokens("access-8", 7200, "refresh-8"))
    assert run.scopes() is None


def test_tokens_are_not_shown(world: World) -> None:
    world.consented()

    assert "access-0" not in f"{Tokens('access-0', 1, 'refresh-0')}{list(world.table.rows(TOKENS))}"
    assert "refresh-0" not in repr(Tokens("access-0", 1, "refresh-0"))
