"""`commerce-hooks resend`, over archives in memory, a bus as strict as AWS's, and S3 on moto."""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from commerce_hooks_cli import bus_failure
from commerce_hooks_cli.archives import Progress, ReplayState
from commerce_hooks_cli.bus_event import BusEvent
from commerce_hooks_cli.deployment import Deployment
from support.account import BUCKET
from support.command import LOCAL, REAL, FakeTail, FakeWorld
from support.quarantine import Quarantined, quarantine_on_moto
from support.replays import EVENT_ARCHIVE, NOW, REQUEST_ARCHIVE, FakeReplays, running
from support.strict_eventbridge import BUS_ARN, StrictEventBridge

CALLBACK = "5c1b8d4e-0000-4000-8000-000000000002"
OTHER = "5c1b8d4e-0000-4000-8000-000000000003"
WHOLE_NOW = NOW.replace(microsecond=0)
TIME = WHOLE_NOW - timedelta(hours=2)
# As JSON of another make might look: 1e2 and the escape are to stay as they are.
DETAIL = '{{"metadata": {{"callback_id":"{}","event_id":"{}"}},"data":{{"n":1e2,"t":"\\u05e9"}}}}'


def archived(
    event_id: str,
    source: str = "commerce-hooks.konimbo",
    detail_type: str = "order.created",
    time: str = f"{TIME:%Y-%m-%dT%H:%M:%SZ}",
) -> BusEvent:
    detail = DETAIL.format(event_id.partition(".")[0], event_id)
    about = {"id": "bus-1", "source": source, "detail-type": detail_type, "time": time}
    head = json.dumps(about).removesuffix("}")
    return BusEvent.parse(f'{head}, "detail": {detail}, "resources": []}}')


class RawReplays(FakeReplays):
    """Says that an event is a replay without spelling anything else anew."""

    def start(self, order: Any) -> None:
        before = len(self.delivered)
        super().start(order)
        originals = {event.event_id: event for event in self.archived.get(order.archive_arn, [])}
        for number in range(before, len(self.delivered)):
            original = originals[self.delivered[number].event_id].raw.removesuffix("}")
            self.delivered[number] = BusEvent.parse(f'{original}, "replay-name": "{order.name}"}}')


class EmptyBucket:
    """S3 with nothing in quarantine."""

    def get_paginator(self, _: str) -> "EmptyBucket":
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{}]


@dataclass
class Resending:
    """The command, what the archive has, and what went onto the bus."""

    world: FakeWorld
    bus: StrictEventBridge = field(default_factory=StrictEventBridge)
    s3: Any = field(default_factory=EmptyBucket)

    def put(self, *events: BusEvent, into: str = EVENT_ARCHIVE) -> None:
        self.world.replays.archived.setdefault(into, []).extend(events)

    @property
    def sent(self) -> list[str]:
        return [detail["metadata"]["event_id"] for detail in self.bus.details]

    def on(self, deployment: Deployment) -> FakeWorld:
        """The same on another deployment."""
        clients = {"events": self.bus.client(), "s3": self.s3}
        self.world.deployment = replace(
            deployment,
            event_bus_arn=BUS_ARN,
            payload_bucket=BUCKET,
            clients=clients.__getitem__,
        )
        return self.world


@pytest.fixture
def resending(tmp_path: Path) -> Resending:
    resending = Resending(FakeWorld(tmp_path))
    resending.world.replays = RawReplays(resending.world.bus.events)
    resending.on(LOCAL)
    return resending


@pytest.fixture
def world(resending: Resending) -> FakeWorld:
    return resending.world


@pytest.fixture
def quarantine(resending: Resending) -> Iterator[Quarantined]:
    with quarantine_on_moto() as quarantine:
        resending.s3 = quarantine.s3
        resending.on(LOCAL)
        yield quarantine


# --- What is sent -------------------------------------------------------------------------------


def test_an_event_goes_out_again_as_it_was(resending: Resending) -> None:
    event = archived(f"{CALLBACK}.0")
    resending.put(archived(f"{OTHER}.0"), event, archived(f"{CALLBACK}.1"))

    result = resending.world.run("resend", f"{CALLBACK}.0")

    assert result.exit_code == 0
    assert resending.bus.accepted == [
        {
            "EventBusName": BUS_ARN,
            "Source": "commerce-hooks.konimbo",
            "DetailType": "order.created",
            "Time": TIME.timestamp(),
            "Detail": DETAIL.format(CALLBACK, f"{CALLBACK}.0"),
        }
    ]
    assert result.stdout.splitlines()[0] == "Came in at 2026-05-06 10:00:00 UTC:"
    assert f"{CALLBACK}.0" in result.stdout
    assert "replay" not in result.stdout
    assert result.stdout.endswith("1 event sent again, with the same ids.\n")


def test_of_a_callback_all_events_go_out_again_but_our_own_notices(resending: Resending) -> None:
    resending.put(
        *(archived(f"{CALLBACK}.{n}") for n in (10, 9, 0)),
        archived(f"{OTHER}.0"),
        archived(f"{CALLBACK}.0.s", "commerce-hooks.system", "callback.shape_changed"),
    )

    told = resending.world.run("resend", CALLBACK, "--json").json

    assert resending.sent == [f"{CALLBACK}.{n}" for n in (0, 9, 10)]
    assert told["sent"] == resending.sent
    assert told["events"][0] == {
        "event_id": f"{CALLBACK}.0",
        "source": "commerce-hooks.konimbo",
        "detail_type": "order.created",
        "time": "2026-05-06T10:00:00Z",
    }


def test_a_notice_of_ours_goes_out_if_it_is_meant(resending: Resending) -> None:
    id_ = f"{CALLBACK}.0.s"
    resending.put(archived(id_, "commerce-hooks.system", "callback.shape_changed"))

    resending.world.run("resend", id_)

    assert resending.sent == [id_]


def test_what_was_sent_again_before_is_sent_once(resending: Resending) -> None:
    resending.put(*[archived(f"{CALLBACK}.0")] * 3)

    for id_ in (CALLBACK, f"{CALLBACK}.0"):
        assert resending.world.run("resend", id_).exit_code == 0

    assert resending.sent == [f"{CALLBACK}.0"] * 2


def test_of_many_events_the_first_are_shown(resending: Resending) -> None:
    resending.put(*(archived(f"{CALLBACK}.{n}") for n in range(25)))

    shown = resending.world.run("resend", CALLBACK).stdout

    assert len(resending.sent) == 25
    assert (shown.count(f" {CALLBACK}"), "and 5 more" in shown) == (20, True)
    assert "25 events sent again" in shown


def test_nobody_else_gets_what_is_looked_through(resending: Resending) -> None:
    resending.put(archived(f"{CALLBACK}.0"))

    resending.world.run("resend", CALLBACK)

    (order,) = resending.world.replays.orders
    assert order.rule_arns == (FakeTail.rule_arn,)
    assert order.name.startswith("commerce-hooks-resend-20260506T120000Z-")


def test_what_just_happens_is_not_taken_for_what_is_archived(resending: Resending) -> None:
    resending.world.bus.events.append(archived(f"{CALLBACK}.0"))

    results = [resending.world.run("resend", id_) for id_ in (CALLBACK, f"{CALLBACK}.0")]

    assert ([result.exit_code for result in results], resending.sent) == ([1, 1], [])


# --- Where it is looked for ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "begin", "end"),
    [
        ([], WHOLE_NOW - timedelta(days=1), WHOLE_NOW),
        (["--to", "3d"], WHOLE_NOW - timedelta(days=4), WHOLE_NOW - timedelta(days=3)),
        (["--from", "3d"], WHOLE_NOW - timedelta(days=3), WHOLE_NOW),
        (["--from", "3h", "--to", "1h"], TIME - timedelta(hours=1), TIME + timedelta(hours=1)),
    ],
)
def test_it_is_looked_for_in_the_last_day_or_when_you_say(
    resending: Resending, options: list[str], begin: Any, end: Any
) -> None:
    result = resending.world.run("resend", CALLBACK, *options)

    window = resending.world.replays.orders[0].window
    assert (window.begin, window.end) == (begin, end)
    told = f"from {begin:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC."
    assert f"Looking into the archive {told}" in result.stderr


def test_requests_are_looked_for_only_if_asked_for(resending: Resending) -> None:
    resending.put(
        archived(f"{CALLBACK}.0", "commerce-hooks.cenit", "request.create_order"),
        into=REQUEST_ARCHIVE,
    )

    without = resending.world.run("resend", CALLBACK)
    forced = resending.world.run("resend", CALLBACK, "--requests")

    assert (without.exit_code, forced.exit_code) == (1, 0)
    assert "try: a request with --requests; another time" in without.stderr
    assert resending.sent == [f"{CALLBACK}.0"]
    archives = [order.archive_arn for order in resending.world.replays.orders]
    assert archives == [EVENT_ARCHIVE, EVENT_ARCHIVE, REQUEST_ARCHIVE]


def test_a_request_among_other_events_is_not_sent_by_mistake(resending: Resending) -> None:
    resending.put(archived(f"{CALLBACK}.0", "commerce-hooks.cenit", "request.create_order"))

    result = resending.world.run("resend", f"{CALLBACK}.0")

    assert (result.exit_code, resending.sent) == (1, [])
    assert "does again what it asks for" in result.stderr


@pytest.mark.parametrize("id_", [CALLBACK, f"{CALLBACK}.0"])
def test_what_is_not_there_is_told_with_where_else_it_may_be(
    resending: Resending, id_: str
) -> None:
    resending.put(archived(f"{OTHER}.0"))

    local = resending.world.run("resend", id_)
    deployed = resending.on(REAL).run("resend", id_, "--requests", "--yes")

    assert (local.exit_code, deployed.exit_code, resending.sent) == (1, 1, [])
    assert "from 2026-05-05 12:00:00 to 2026-05-06 12:00:00 UTC." in local.stderr
    assert "outbox status" in local.stderr
    assert "what came in within 10 minutes" in deployed.stderr
    assert "10 minutes" not in local.stderr
    assert "--requests" not in deployed.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["5c1b8d4e"], "'5c1b8d4e' is no id of an event or a callback."),
        ([f"{CALLBACK}."], "is no id"),
        ([f"{CALLBACK}\n"], "is no id"),
        ([CALLBACK, "--from", "1h", "--to", "2h"], "--from is not before --to."),
        ([CALLBACK, "--from", "15d"], "keeps events for 14 days"),
    ],
)
def test_what_cannot_be_is_refused(world: FakeWorld, arguments: list[str], words: str) -> None:
    result = world.run("resend", *arguments)

    assert (result.exit_code, result.stdout, world.replays.orders) == (2, "", [])
    assert words in result.stderr


# --- What was in quarantine ---------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".0"])
def test_what_waits_in_quarantine_is_replayed_from_there(
    resending: Resending, quarantine: Quarantined, suffix: str
) -> None:
    id_ = quarantine.put({"item": {}})

    result = resending.world.run("resend", f"{id_}{suffix}", "--stack", "shop")

    assert (result.exit_code, resending.world.replays.orders) == (1, [])
    assert f"The callback {id_} waits in quarantine" in result.stderr
    assert f"`commerce-hooks quarantine replay {id_} --stack shop`" in result.stderr


def test_the_notice_that_it_waits_there_is_an_event_like_others(
    resending: Resending, quarantine: Quarantined
) -> None:
    id_ = quarantine.put({"item": {}}, received_at=NOW - timedelta(days=3))
    notice = archived(
        f"{id_}.q", "commerce-hooks.konimbo", "callback.quarantined", "2026-05-03T12:00:00Z"
    )
    resending.put(notice)

    assert resending.world.run("resend", f"{id_}.q").exit_code == 0
    assert resending.sent == [f"{id_}.q"]


def done(quarantine: Quarantined, ago: timedelta = timedelta(days=3)) -> str:
    """A callback that came in so long ago and was replayed out of quarantine since."""
    id_ = quarantine.put({"item": {}}, received_at=NOW - ago)
    quarantine.s3.put_object_tagging(
        Bucket=BUCKET,
        Key=quarantine.key(id_),
        Tagging={"TagSet": [{"Key": "state", "Value": "done"}]},
    )
    return id_


def test_what_was_replayed_from_quarantine_is_looked_for_when_it_came_in(
    resending: Resending, quarantine: Quarantined
) -> None:
    id_ = done(quarantine)
    resending.put(archived(f"{id_}.0", time="2026-05-03T12:00:00Z"))

    assert resending.world.run("resend", id_).exit_code == 0

    window = resending.world.replays.orders[0].window
    assert resending.sent == [f"{id_}.0"]
    assert window.end - window.begin == timedelta(minutes=2)


def test_but_not_in_the_future(resending: Resending, quarantine: Quarantined) -> None:
    resending.world.run("resend", done(quarantine, timedelta(seconds=10)))

    assert resending.world.replays.orders[0].window.end == WHOLE_NOW


def test_or_when_you_say(resending: Resending, quarantine: Quarantined) -> None:
    resending.world.run("resend", done(quarantine), "--from", "5h")

    assert resending.world.replays.orders[0].window.begin == WHOLE_NOW - timedelta(hours=5)


# --- A deployed stack ---------------------------------------------------------------------------


def test_on_a_deployed_stack_it_says_where_and_asks_when_it_knows_what(
    resending: Resending,
) -> None:
    resending.put(archived(f"{CALLBACK}.0"), archived(f"{CALLBACK}.1"))
    world = resending.on(REAL)
    world.consent = False

    result = world.run("resend", CALLBACK, "--stack", "shop-hooks")

    assert (result.exit_code, resending.sent) == (1, [])
    assert "Account 111122223333, Region eu-central-1, stack shop-hooks" in result.stderr
    assert "Temporary rule and queue: commerce-hooks-tail-0000" in result.stderr
    assert world.questions == ["Consumers of the bus events will see 2 events again. Send?"]
    assert f"{CALLBACK}.1" in result.stdout
    assert (world.followed, world.unfollowed) == (1, 1)


def test_who_sends_a_request_is_told_what_that_does(resending: Resending) -> None:
    resending.put(archived(f"{CALLBACK}.0", detail_type="request.create_order"))
    world = resending.on(REAL)
    world.consent = True

    assert world.run("resend", CALLBACK, "--requests").exit_code == 0

    (question,) = world.questions
    assert "will see 1 event again. What is asked for, they will do again." in question


def test_amazons_rules_get_a_minute_before_a_replay_begins(resending: Resending) -> None:
    resending.put(archived(f"{CALLBACK}.0"))

    deployed = resending.on(REAL)
    deployed.run("resend", CALLBACK, "--yes")
    waited = sum(deployed.clock.slept)
    resending.on(LOCAL).run("resend", CALLBACK)

    (first, second) = deployed.replays.orders
    assert (waited, sum(deployed.clock.slept)) == (60, 60)
    assert "T120100Z" not in first.name
    assert resending.sent == [f"{CALLBACK}.0"] * 2
    assert first.name != second.name


# --- How long it is looked for ------------------------------------------------------------------


def test_one_event_is_enough_and_the_rest_of_the_replay_is_cancelled(
    resending: Resending,
) -> None:
    resending.put(archived(f"{CALLBACK}.0"))
    resending.world.replays.looks = deque([running()] * 5)

    resending.world.run("resend", f"{CALLBACK}.0")

    assert resending.sent == [f"{CALLBACK}.0"]
    assert resending.world.replays.cancelled == [resending.world.replays.orders[0].name]


class Straggling(FakeReplays):
    """Delivers another event when the replay has come a minute further."""

    def progress(self, name: str) -> Progress:
        told = super().progress(name)
        if told.reached == TIME + timedelta(minutes=1):
            late = archived(f"{CALLBACK}.1")
            self.delivered.append(replace(late, tree={**late.tree, "replay-name": name}))
        return told


def test_a_callbacks_events_are_all_there_two_minutes_behind_its_time(
    resending: Resending,
) -> None:
    replays = Straggling(resending.world.bus.events)
    replays.looks = deque(running(TIME + timedelta(minutes=m)) for m in range(-1, 5))
    resending.world.replays = replays
    resending.put(archived(f"{CALLBACK}.0"))

    resending.world.run("resend", CALLBACK)

    assert resending.sent == [f"{CALLBACK}.0", f"{CALLBACK}.1"]
    assert list(replays.looks) == [running(TIME + timedelta(minutes=m)) for m in (3, 4)]
    assert len(replays.cancelled) == 1


def test_a_search_ends_in_time(resending: Resending) -> None:
    world = resending.world

    class Endless(FakeReplays):
        def progress(self, _: str) -> Progress:
            world.clock.sleep(60)
            return Progress(ReplayState.CANCELLED) if self.cancelled else running(TIME)

    world.replays = Endless(world.bus.events)

    result = world.run("resend", CALLBACK, "--timeout", "100")

    assert (result.exit_code, resending.sent) == (1, [])
    assert "After 100 seconds, 92% of the time was looked through." in result.stderr
    assert len(world.replays.cancelled) == 1


def test_ctrl_c_leaves_neither_replay_nor_rule(resending: Resending) -> None:
    resending.world.replays.looks = deque([running(), KeyboardInterrupt()])

    result = resending.world.run("resend", CALLBACK)

    assert (result.exit_code, resending.sent) == (130, [])
    assert len(resending.world.replays.cancelled) == 1
    assert resending.world.unfollowed == 1


# --- When the bus doesn't take it ---------------------------------------------------------------


def test_what_the_bus_refuses_is_told(resending: Resending) -> None:
    resending.put(archived(f"{CALLBACK}.0"))
    resending.bus.fail_next.append({0: "MalformedDetail"})

    result = resending.world.run("resend", CALLBACK)

    assert result.exit_code == 1
    assert "The bus refused 1 of the events: MalformedDetail." in result.stderr
    assert "sent again" not in result.stdout


def test_a_bus_that_denies_it_has_nothing_and_repeating_is_of_no_use(
    resending: Resending,
) -> None:
    resending.put(archived(f"{CALLBACK}.0"))
    resending.bus.fail_next.append("AccessDeniedException")

    result = resending.world.run("resend", CALLBACK)

    assert (result.exit_code, resending.sent) == (1, [])
    assert "(AccessDeniedException): nothing was sent." in result.stderr
    assert "Repeating won't help" in result.stderr
    assert "local fault off" in result.stderr


def test_of_a_part_that_the_bus_took_the_number_is_told(resending: Resending) -> None:
    resending.put(*(archived(f"{CALLBACK}.{n}") for n in range(12)))
    resending.bus.fail_next += [{}, "AccessDeniedException"]

    result = resending.on(REAL).run("resend", CALLBACK, "--yes")

    assert (result.exit_code, len(resending.sent)) == (1, 10)
    assert "10 sent, 2 not." in result.stderr
    assert "local fault" not in result.stderr


def test_a_bus_that_goes_on_failing_leaves_the_answer_open(
    resending: Resending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_failure, "_SECONDS", 0.0)
    resending.put(archived(f"{CALLBACK}.0"), archived(f"{CALLBACK}.1"))
    failing: list[str | dict[int, str]] = ["InternalException"] * 1000
    for fails, words in (
        (failing, "(InternalException): it is not known whether anything"),
        ([{1: "InternalFailure"}, *failing], "(InternalException): 1 sent, of 1 it is not known."),
    ):
        resending.bus.fail_next.clear()
        resending.bus.fail_next += fails

        result = resending.world.run("resend", CALLBACK)

        assert result.exit_code == 1
        assert words in result.stderr
        assert "Repeat the command when the bus takes events again" in result.stderr


def test_a_person_waits_half_a_minute_and_for_many_events_longer() -> None:
    assert "30 s at most" in bus_failure.waiting(1)
    assert "30 s at most if" in bus_failure.waiting()
    assert bus_failure.bus_seconds(2000) == 130


def test_a_bus_that_fails_for_a_moment_is_asked_again(resending: Resending) -> None:
    resending.put(archived(f"{CALLBACK}.0"))
    resending.bus.fail_next.append({0: "ThrottlingException"})

    assert resending.world.run("resend", CALLBACK).exit_code == 0
    assert resending.sent == [f"{CALLBACK}.0"]
    assert len(resending.world.clock.slept) == 1


def test_an_operator_without_rights_is_told_so(resending: Resending) -> None:
    class Denied(FakeReplays):
        def archive(self, _: str) -> Any:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "DescribeArchive")

    resending.world.replays = Denied(resending.world.bus.events)

    result = resending.world.run("resend", CALLBACK)

    assert (result.exit_code, "may not call DescribeArchive" in result.stderr) == (1, True)
