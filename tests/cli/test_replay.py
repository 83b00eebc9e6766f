"""`commerce-hooks replay`, over archives in memory."""

import signal
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from commerce_hooks_cli.archives import Progress, ReplayOrder, ReplayState, Rule, Window
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.replay_plan import in_units
from support.command import LOCAL, REAL, FakeWorld, Result
from support.replays import EVENT_ARCHIVE, NOW, REQUEST_ARCHIVE, FakeReplays, rule, running

LATELY = ("replay", "--from", "3h", "--to", "1h")
WHOLE_NOW = NOW.replace(microsecond=0)


def lately(world: FakeWorld, *more: str) -> Result:
    return world.run(*LATELY, *more)


# --- What is replayed ---------------------------------------------------------------------------


def test_a_time_of_the_archive_goes_to_all_rules(world: FakeWorld) -> None:
    result = lately(world)

    (order,) = world.replays.orders
    assert (result.exit_code, result.stderr) == (0, f"Using the local stack at {LOCAL.base_url}\n")
    assert (order.archive_arn, order.bus_arn) == (EVENT_ARCHIVE, LOCAL.event_bus_arn)
    assert order.window.begin == WHOLE_NOW - timedelta(hours=3)
    assert order.window.end == WHOLE_NOW - timedelta(hours=1)
    assert order.rule_arns == ()
    assert order.name.startswith("commerce-hooks-replay-20260506T120000Z-")


def test_a_replay_has_a_name_of_its_own_which_consumers_see(world: FakeWorld) -> None:
    shown = lately(world, "--requests").stdout
    lately(world)

    names = [order.name for order in world.replays.orders]
    assert len(set(names)) == 3
    assert [name in shown for name in names] == [True, True, False]


def test_requests_are_replayed_only_if_asked_for(world: FakeWorld) -> None:
    without, forced = lately(world, "--json").json, lately(world, "--requests", "--json").json

    archives = [order.archive_arn for order in world.replays.orders]
    assert archives == [EVENT_ARCHIVE, EVENT_ARCHIVE, REQUEST_ARCHIVE]
    assert (without["requests"], forced["requests"]) == (False, True)


def test_rules_are_chosen_by_name_or_arn(world: FakeWorld) -> None:
    stock = rule("stock").arn

    told = lately(world, "--rule", "orders", "--rule", stock, "--rule", "stock", "--json").json

    assert world.replays.orders[0].rule_arns == (rule("orders").arn, stock)
    assert told["rules"] == ["orders", "stock"]


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("2026-05-06", "2026-05-06T07:08", ("2026-05-06T00:00:00", "2026-05-06T07:08:00")),
        ("2026-05-05T22:00:00.9", "2026-05-05T23:00:00.1", ("T22:00:00", "T23:00:01")),
        ("2026-05-06T09:00+02:00", "2026-05-06T10:00+02:00", ("T07:00:00", "T08:00:00")),
        ("14d", "0m", ("2026-04-22T12:00:00", "2026-05-06T12:00:00")),
    ],
)
def test_times_are_taken_in_utc_and_in_whole_seconds(
    world: FakeWorld, begin: str, end: str, expected: tuple[str, str]
) -> None:
    told = world.run("replay", "--from", begin, "--to", end, "--json").json

    assert told["from"].endswith(f"{expected[0]}.000Z")
    assert told["to"].endswith(f"{expected[1]}.000Z")


# --- What is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--from", "1h", "--to", "3h"], "--from is not before --to.\n  try: Exchange them."),
        (["--from", "1h", "--to", "1h"], "Leave a second or more between them."),
        (["--from", "1h", "--to", "2026-05-06T12:00:01"], "--to lies in the future."),
        (["--from", "yesterday", "--to", "1h"], "'yesterday' is no time."),
        (["--from", "1h"], "Missing option '--to'"),
        (["--from", "15d", "--to", "1h"], "nothing from before 2026-04-22 12:00:00 UTC"),
        (["--from", "2h", "--to", "1h", "--rule", "ordres"], "Its rules: orders, stock."),
        (["--from", "2h", "--to", "1h", "--rule", "off"], "The rule off is disabled"),
        (["--from", "2h", "--to", "1h", "--rule", "Events-Archive-x"], "has no rule"),
    ],
)
def test_what_cannot_be_is_refused(world: FakeWorld, options: list[str], words: str) -> None:
    if "ordres" not in options:
        world.replays.known_rules += [
            rule("off", enabled=False),
            rule("Events-Archive-x", managed=True),
        ]

    result = world.run("replay", *options)

    assert (result.exit_code, result.stdout, world.replays.orders) == (2, "", [])
    assert words in result.stderr


def test_an_archive_that_keeps_events_for_good_has_no_first_day(world: FakeWorld) -> None:
    world.replays.retention_days = 0

    assert world.run("replay", "--from", "99d", "--to", "1h").exit_code == 0


def test_an_archive_has_nothing_from_before_it_was_made(world: FakeWorld) -> None:
    world.replays.created_at = NOW - timedelta(hours=1)

    early, since = lately(world), world.run("replay", "--from", "3h", "--to", "30m")

    assert (early.exit_code, since.exit_code) == (1, 0)
    assert "was made at 2026-05-06 11:00:00 UTC" in early.stderr


@pytest.mark.parametrize(
    "rules", [[], [rule("off", enabled=False), rule("Events-Archive-x", managed=True)]]
)
def test_a_replay_that_nobody_would_get_is_refused(world: FakeWorld, rules: list[Rule]) -> None:
    world.replays.known_rules = rules

    result = lately(world)

    assert (result.exit_code, world.replays.orders) == (1, [])
    assert "nobody would get what is replayed" in result.stderr


def test_rules_that_are_switched_off_or_amazons_own_are_not_told_of(world: FakeWorld) -> None:
    world.replays.known_rules += [rule("off", enabled=False), rule("Archive", managed=True)]

    shown, told = lately(world).stdout, lately(world, "--json").json

    assert told["rules"] == ["orders", "stock"]
    assert shown.splitlines()[3].rstrip() == "rules   all of the bus events: orders, stock"


# --- A deployed stack ---------------------------------------------------------------------------


def test_on_a_deployed_stack_it_says_what_where_and_asks(real_world: FakeWorld) -> None:
    real_world.consent = False

    result = lately(real_world, "--rule", "orders", "--stack", "shop-hooks")

    assert (result.exit_code, real_world.replays.orders) == (1, [])
    assert "Account 111122223333, Region eu-central-1, stack shop-hooks" in result.stderr
    shown = [line.rstrip().split(maxsplit=1) for line in result.stdout.splitlines()]
    assert shown[:4] == [
        ["from", "2026-05-06 09:00:00 UTC"],
        ["to", "2026-05-06 11:00:00 UTC, 2 hours later"],
        ["what", "events, no requests"],
        ["rules", "orders"],
    ]
    assert real_world.questions == ["Consumers of these rules will see these events again. Replay?"]


def test_who_replays_requests_is_told_what_that_does(real_world: FakeWorld) -> None:
    real_world.consent = True

    result = lately(real_world, "--requests")

    assert (result.exit_code, len(real_world.replays.orders)) == (0, 2)
    assert "all events, requests too" in result.stdout
    assert real_world.questions == [
        "Consumers will see these events again. What requests ask for, they will do again. Replay?"
    ]


def test_without_a_terminal_consent_is_an_option(real_world: FakeWorld) -> None:
    refused, done = lately(real_world), lately(real_world, "--yes")

    assert (refused.exit_code, done.exit_code) == (2, 0)
    assert "--yes" in refused.stderr


def test_what_may_not_be_in_the_archive_yet_is_told(real_world: FakeWorld) -> None:
    fresh = real_world.run("replay", "--from", "3h", "--to", "9m", "--yes", "--json")
    old = real_world.run("replay", "--from", "3h", "--to", "10m", "--yes", "--json")

    assert "came in after 2026-05-06 11:50:00 UTC may be missing" in fresh.stderr
    assert fresh.json["may_miss_since"] == "2026-05-06T11:50:00.500Z"
    assert ("may be missing" in old.stderr, old.json["may_miss_since"]) == (False, None)


def test_the_local_archive_has_everything_at_once(world: FakeWorld) -> None:
    result = world.run("replay", "--from", "3h", "--to", "0m", "--json")

    assert "missing" not in result.stderr
    assert result.json["may_miss_since"] is None


def test_a_stack_of_an_older_template_is_told_from_ours(tmp_path: Path) -> None:
    older = replace(REAL, outputs={"EventArchiveArn": EVENT_ARCHIVE})
    world = FakeWorld(tmp_path, older)

    assert lately(world, "--yes").exit_code == 0
    assert "has no output RequestArchiveArn" in lately(world, "--requests", "--yes").stderr


# --- While it goes on ---------------------------------------------------------------------------


def test_it_returns_when_the_replay_is_complete(real_world: FakeWorld) -> None:
    reached = running(WHOLE_NOW - timedelta(hours=2))
    real_world.replays.looks = deque([Progress(ReplayState.STARTING), running(), reached])

    result = lately(real_world, "--yes", "--json")

    assert real_world.clock.slept == [5.0, 5.0, 5.0]
    (told,) = result.json["replays"]
    assert told == {
        "name": real_world.replays.orders[0].name,
        "archive": "hooks-EventArchive",
        "state": "COMPLETED",
        "last_event_at": "2026-05-06T10:00:00.000Z",
    }


def test_the_local_stack_is_asked_more_often(world: FakeWorld) -> None:
    world.replays.looks = deque([running()])

    lately(world)

    assert world.clock.slept == [0.1]


@pytest.mark.parametrize(
    ("minutes", "part"), [(-1, 0.0), (0, 0.0), (15, 0.25), (60, 1.0), (61, 1.0)]
)
def test_how_much_of_its_time_is_replayed_is_told(minutes: int, part: float) -> None:
    window = Window(WHOLE_NOW - timedelta(hours=1), WHOLE_NOW)

    assert window.part(window.begin + timedelta(minutes=minutes)) == part


def test_how_long_it_took_is_told(world: FakeWorld, real_world: FakeWorld) -> None:
    real_world.replays.looks = deque([running()] * 13)

    assert "Replayed in 1 minute 5 seconds." in lately(real_world, "--yes").stdout
    assert "Replayed in less than a second." in lately(world).stdout


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (ReplayState.FAILED, "Its bus is gone", "ended as FAILED: Its bus is gone"),
        (ReplayState.CANCELLED, "", "ended as CANCELLED."),
    ],
)
def test_a_replay_that_ends_otherwise_is_a_failure(
    world: FakeWorld, state: ReplayState, reason: str, words: str
) -> None:
    world.replays.looks = deque([running(), Progress(state, reason=reason)])

    result = lately(world)

    assert (result.exit_code, world.replays.cancelled) == (1, [])
    assert words in result.stderr
    assert f"describe-replay --replay-name {world.replays.orders[0].name}" in result.stderr


def interrupted(world: FakeWorld, looks: Sequence[Progress], *options: str) -> Result:
    world.replays.looks = deque([*looks, KeyboardInterrupt()])
    return lately(world, *options)


def test_ctrl_c_cancels_it_and_says_how_to_go_on(real_world: FakeWorld) -> None:
    reached = datetime(2026, 5, 6, 9, 41, tzinfo=UTC)

    result = interrupted(
        real_world, [running(reached)], "--yes", "--stack", "shop-hooks", "--rule", "orders"
    )

    assert result.exit_code == 130
    assert real_world.replays.cancelled == [real_world.replays.orders[0].name]
    assert (
        "Cancelled. Events of before 2026-05-06 09:41:00 UTC went out. To go on from there: "
        "commerce-hooks replay --from 2026-05-06T09:41:00 --to 2026-05-06T11:00:00 "
        "--rule orders --stack shop-hooks\n"
    ) in result.stderr


def test_of_two_replays_both_are_cancelled_and_the_slower_one_counts(world: FakeWorld) -> None:
    reached = [running(WHOLE_NOW - timedelta(minutes=m)) for m in (70, 100)]

    result = interrupted(world, reached, "--requests")

    assert world.replays.cancelled == [order.name for order in world.replays.orders]
    assert "--from 2026-05-06T10:20:00 --to 2026-05-06T11:00:00 --requests\n" in result.stderr


def test_a_second_ctrl_c_waits_until_all_is_cancelled(world: FakeWorld) -> None:
    class Impatient(FakeReplays):
        def cancel(self, name: str) -> bool:
            signal.raise_signal(signal.SIGINT)
            return super().cancel(name)

    world.replays = Impatient(world.bus.events)

    assert interrupted(world, [running(), running()], "--requests").exit_code == 130

    assert world.replays.cancelled == [order.name for order in world.replays.orders]


def test_a_replay_that_cannot_be_cancelled_is_told(world: FakeWorld) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "CancelReplay")
    world.replays.keeps_on = denied

    result = interrupted(world, [running()])

    assert result.exit_code == 130
    name = world.replays.orders[0].name
    assert f"warning: The replay {name} could not be cancelled, and goes on." in result.stderr
    assert f"`aws events cancel-replay --replay-name {name}` ends it." in result.stderr
    assert "Interrupted, as far as EventBridge tells before anything went out." in result.stderr


def test_a_replay_that_does_not_start_leaves_none_behind(world: FakeWorld) -> None:
    class SecondFails(FakeReplays):
        def start(self, order: ReplayOrder) -> None:
            if self.orders:
                raise CommandError("Ten are running.")
            super().start(order)

    world.replays = SecondFails(world.bus.events)
    world.replays.looks = deque([running()])

    result = lately(world, "--requests")

    assert (result.exit_code, "Ten are running." in result.stderr) == (1, True)
    assert world.replays.cancelled == [order.name for order in world.replays.orders]
    assert len(world.replays.orders) == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a second"),
        (1, "1 second"),
        (61, "1 minute 1 second"),
        (7200, "2 hours"),
        (14 * 86_400, "14 days"),
        (90_061, "1 day 1 hour"),
    ],
)
def test_lengths_of_time_are_told_in_their_largest_units(seconds: int, words: str) -> None:
    assert in_units(timedelta(seconds=seconds)) == words
