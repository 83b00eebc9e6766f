"""The command with everything around it in memory: its fakes, and how tests call it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer.testing
from typer.testing import CliRunner

from commerce_hooks.errors import UnavailableError
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.platform import SYNTHETIC, SYNTHETIC_STORE, Platform, Topic
from commerce_hooks.platform_access import Subscription
from commerce_hooks.stores import StoreConfiguration, StoreId
from commerce_hooks_cli.answer import Answer, NoAnswerError, Post
from commerce_hooks_cli.bus_event import BusEvent
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.following import EVERYTHING, Following
from commerce_hooks_cli.healing_outcome import HealingOutcome, Step
from commerce_hooks_cli.local.faults import Fault, Kind, Service
from commerce_hooks_cli.local.state import LocalState
from commerce_hooks_cli.main import app
from commerce_hooks_cli.quarantine import Place, Record
from commerce_hooks_cli.quarantine_replay import Outcome as ReplayOutcome
from commerce_hooks_cli.quarantine_replay import Replayed
from commerce_hooks_cli.read_back import NotReadBackError
from commerce_hooks_cli.world import Follow, World
from support.platforms import platforms
from support.replays import EVENT_ARCHIVE, REQUEST_ARCHIVE, FakeClock, FakeReplays, matches
from support.state_table import FakeStateTable
from support.stores import surroundings

if TYPE_CHECKING:
    from commerce_hooks.platform_access import PlatformAccess

# It would put all verbs together anew for each run, which takes longer than most verbs.
typer.testing._get_command = cache(typer.testing._get_command)  # type: ignore[attr-defined]
CHECKOUT = Path(__file__).parents[2]
RING = json.dumps({"sign": "k1", "k1": "the-key-of-the-command-tests-0123456789"})
LOCAL_STORE = "demo"
REAL_ACCOUNT = "111122223333"
FAILED_CALLS = 12


class FakeSecrets:
    """Secrets Manager with one secret, and those that it was before.

    Args:
        date: What its answers say that it is, if they do.
    """

    def __init__(self, text: str = RING) -> None:
        self.texts = [text]
        self.date: datetime | None = None

    def get_secret_value(self, *, VersionStage: str = "AWSCURRENT", **_: str) -> dict[str, Any]:  # noqa: N803 - as the SDK has it
        version = len(self.texts) - (VersionStage == "AWSPREVIOUS")
        headers = {"date": format_datetime(self.date)} if self.date else {}
        return {
            "SecretString": self.texts[version - 1],
            "VersionId": f"version-{version}",
            "ResponseMetadata": {"HTTPHeaders": headers},
        }

    def put_secret_value(self, *, SecretString: str, **_: str) -> dict[str, str]:  # noqa: N803
        self.texts.append(SecretString)
        return {"VersionId": f"version-{len(self.texts)}"}


LOCAL = Deployment(
    name="commerce-hooks-local",
    region="us-east-1",
    account="000000000000",
    base_url="http://127.0.0.1:4321",
    event_bus_name="events",
    event_bus_arn="arn:aws:events:us-east-1:000000000000:event-bus/events",
    key_ring_arn="arn:aws:secretsmanager:us-east-1:000000000000:secret:ring",
    payload_bucket="payloads",
    local=True,
    clients=lambda _: FakeSecrets(),
    outputs={
        "ActivityDeadLettersUrl": "http://sqs/000000000000/activity-dead-letters",
        "ActivityQueueUrl": "http://sqs/000000000000/activity",
        "CenitBaseUrl": "http://127.0.0.1:4321/cenit",
        "DeploymentName": "commerce-hooks-local/local",
        "EventArchiveArn": EVENT_ARCHIVE,
        "KeyRingCacheSeconds": "60",
        "RequestArchiveArn": REQUEST_ARCHIVE,
        "StateTableName": "state",
    },
)
REAL = replace(
    LOCAL,
    name="shop-hooks",
    account=REAL_ACCOUNT,
    region="eu-central-1",
    base_url="https://hooks.shop.example",
    outputs={**LOCAL.outputs, "CenitBaseUrl": "https://hooks.shop.example/cenit"},
    local=False,
)


@dataclass
class FakeBus:
    """Events, and those who read along."""

    events: list[BusEvent] = field(default_factory=list)

    def put(self, target: CallbackTarget, event_id: str, detail_type: str) -> None:
        metadata = {
            "platform": target.platform,
            "store": target.store,
            "resource": {"type": "order", "id": "42"},
            "callback_id": event_id.rpartition(".")[0],
            "event_id": event_id,
            "received_at": "2026-05-06T07:08:09.123Z",
            "payload": {"stored": {}} if detail_type.endswith("quarantined") else "inline",
        }
        tree = {
            "id": f"bus-{event_id}",
            "source": f"commerce-hooks.{target.platform}",
            "detail-type": detail_type,
            "time": "2026-05-06T07:08:09Z",
            "resources": [],
            "detail": {"metadata": metadata, "data": {"name": "שלום"}},
        }
        self.events.append(BusEvent.parse(json.dumps(tree, ensure_ascii=False)))


@dataclass
class FakeTail:
    """A position on a fake bus."""

    bus: FakeBus
    position: int
    following: Following = EVERYTHING
    name: str = "commerce-hooks-tail-0000"
    rule_arn: str = "arn:tail"

    def poll(self, seconds: float) -> list[BusEvent]:
        found = self.bus.events[self.position : self.position + 10]
        if not found:
            time.sleep(min(seconds, 0.05))
        self.position += len(found)
        if self.following is EVERYTHING:  # Some tests put events of another make.
            return found
        return [event for event in found if matches(self.following.pattern, event.tree)]


@dataclass
class FakeFrontDoor:
    """Answers callbacks as the real one does, as far as the command can tell.

    Args:
        answers: Overrides by the number of the request, beginning with 0.
    """

    bus: FakeBus
    answers: dict[int, Answer | NoAnswerError] = field(default_factory=dict)
    urls: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    ring: Callable[[], str] = lambda: RING
    ids: Iterator[str] = field(
        default_factory=lambda: (f"00000000-0000-4000-8000-{n:012}" for n in count(77))
    )

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        number = len(self.urls)
        self.urls.append(url)
        self.bodies.append(body)
        self.content_types.append(headers["Content-Type"])
        self.keys.append(headers.get("X-Api-Key"))
        prepared = self.answers.get(number)
        if isinstance(prepared, NoAnswerError):
            raise prepared
        return prepared or self._receive(url, body)

    def _receive(self, url: str, body: bytes) -> Answer:
        platform, store, *rest, token = urlsplit(url).path.lstrip("/").split("/")
        target = CallbackTarget(platform, store, rest[0] if rest else None)
        if platform == "cenit":
            token = self.keys[-1] or ""
        if not KeyRing.parse(self.ring()).proves(target, token):
            return answer(401, {"error": "unauthorized"})
        topic = topic_of(target)
        if topic and topic.mostly_personal:
            return answer(200, {"status": "ignored"})
        callback_id = next(self.ids)
        if self.content_types[-1].endswith("form-urlencoded"):
            return self._publish(target, callback_id, "accepted")
        try:
            json.loads(body)
        except ValueError:
            return self._publish(target, callback_id, "quarantined")
        return self._publish(target, callback_id, "accepted")

    def _publish(self, target: CallbackTarget, callback_id: str, status: str) -> Answer:
        event_id = f"{callback_id}.0"
        synthetic = target.store == SYNTHETIC_STORE
        self.bus.put(target, event_id, SYNTHETIC if synthetic else f"callback.{status}")
        return answer(200, {"status": status, "callback_id": callback_id, "event_ids": [event_id]})


def topic_of(target: CallbackTarget) -> Topic | None:
    known = platforms().get(target.platform)
    return known.topics.get(target.topic or "") if known else None


def answer(status: int, body: object) -> Answer:
    return Answer(status, json.dumps(body).encode(), 0.0123)


def local_state(tmp_path: Path) -> LocalState:
    return LocalState(
        pid=1,
        birth_mark="then",
        identity="this-run",
        control_url="http://127.0.0.1:4320",
        base_url=LOCAL.base_url,
        stack=LOCAL.name,
        region=LOCAL.region,
        account=LOCAL.account,
        access_key_id="LOCALKEY",
        secret_access_key="local-secret",
        started_at="2026-05-06T07:00:00Z",
        directory=tmp_path,
        outputs={"EventBusArn": LOCAL.event_bus_arn},
    )


@dataclass
class FakeLocalStacks:
    """At most one local stack, which starts at once."""

    state: LocalState
    up: bool = False
    starts: list[tuple[int, bool]] = field(default_factory=list)
    stops: int = 0
    kinds: dict[Service, Kind] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

    def running(self) -> LocalState | None:
        return self.state if self.up else None

    def recorded(self) -> LocalState | None:
        return self.running()

    def start(
        self,
        port: int,
        on_step: Callable[[str], None],
        *,
        detach: bool,
        parameters: Mapping[str, str] | None = None,
    ) -> LocalState:
        on_step("Deploying")
        self.starts.append((port, detach))
        self.parameters = dict(parameters or {})
        self.up = True
        return self.state

    def stop(self, state: LocalState) -> None:
        assert state is self.state
        self.stops += 1
        self.up = False

    def functions(self, state: LocalState) -> list[str]:
        assert state is self.state
        return ["centry", "konimbo"]

    def faults(self, state: LocalState) -> dict[Service, Fault]:
        assert state is self.state
        return {service: Fault(kind, FAILED_CALLS) for service, kind in self.kinds.items()}

    def switch_faults(self, state: LocalState, kinds: Mapping[Service, Kind]) -> None:
        assert state is self.state
        self.kinds = dict(kinds)


@dataclass
class FakeStores:
    """Stores as they are configured."""

    known: dict[StoreId, StoreConfiguration | None] = field(default_factory=dict)
    failure: UnavailableError | None = None

    def all(self) -> Mapping[StoreId, StoreConfiguration | None]:
        if self.failure:
            raise self.failure
        return dict(sorted(self.known.items()))


@dataclass
class Result:
    """What a call of the command said, and how it ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


class FakeWorld:
    """Everything around the command, and the command itself."""

    def __init__(self, tmp_path: Path, deployment: Deployment = LOCAL) -> None:
        self.bus = FakeBus()
        self.door = FakeFrontDoor(self.bus)
        self.local_stacks = FakeLocalStacks(local_state(tmp_path))
        self.healing = HealingOutcome([Step("The store is added", "konimbo/demo-shop")])
        self.deployment: Deployment | CommandError = deployment
        self.asked_for: list[str | None] = []
        # Tests may put something else in their place.
        self.find_deployment: Callable[[str | None], Deployment] = self._find
        self.post: Post = self.door.post
        self.questions: list[str] = []
        self.consent: bool | None = None
        self.typed: list[str] | None = None
        self.input = ""
        self.repaired: list[bytes] = []
        self.replay_ends = ReplayOutcome.REPLAYED
        self.followed = 0
        self.unfollowed = 0
        self.clock = FakeClock()
        self.prompts: list[tuple[str, bool]] = []
        self.accesses: dict[str, PlatformAccess] = {}
        self.replays = FakeReplays(self.bus.events)
        self.table = FakeStateTable()
        self.stores = FakeStores()
        self.platforms_say: dict[StoreId, Sequence[Subscription] | NotReadBackError] = {}
        # A real one, where there is a bus to follow.
        self.open_tail: Follow | None = None

    def run(self, *args: str) -> Result:
        result = CliRunner().invoke(app, list(args), obj=self._world())
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result.exit_code, result.stdout, result.stderr)

    def _world(self) -> World:
        return World(
            checkout=lambda: CHECKOUT,
            find_deployment=self.find_deployment,
            local_stacks=self.local_stacks,
            heal=lambda *_: self.healing,
            post=self.post,
            follow=self.open_tail or self._follow,
            replay=self._replay,
            replays=lambda _: self.replays,
            ask=None if self.consent is None else self._ask,
            prompt=None if self.typed is None else self._prompt,
            read_input=lambda: self.input,
            accesses=lambda: self.accesses,
            surroundings=lambda _: surroundings(self.table),
            clock=self.clock,
            state_table=lambda _: self.table,
            stores=lambda _: self.stores,
            read_back=self._read_back,
        )

    def _find(self, stack: str | None) -> Deployment:
        self.asked_for.append(stack)
        if isinstance(self.deployment, CommandError):
            raise self.deployment
        return self.deployment

    def _replay(
        self, _: Deployment, __: Mapping[str, Platform], callback_id: str, body: bytes
    ) -> Replayed:
        """Out of a quarantine that has whatever it is asked for."""
        received_at = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
        place = Place("key", "platform", LOCAL_STORE, "2026-05-06", callback_id, 1, received_at)
        record = Record(place, received_at, "unreadable")
        self.repaired.append(body)
        event_id = f"{callback_id}.0"
        self.bus.put(CallbackTarget("platform", LOCAL_STORE), event_id, "order.saved")
        return Replayed(record, self.replay_ends, event_ids=(event_id,))

    def _ask(self, question: str) -> bool:
        self.questions.append(question)
        return bool(self.consent)

    def _prompt(self, question: str, *, hidden: bool, may_be_empty: bool = False) -> str:
        self.prompts.append((question, hidden))
        typed = (self.typed or [""]).pop(0)
        assert typed or may_be_empty
        return typed

    def _read_back(self, _: Deployment, store: StoreId) -> Sequence[Subscription] | None:
        told = self.platforms_say.get(store)
        if isinstance(told, NotReadBackError):
            raise told
        return told

    @contextmanager
    def _follow(
        self, _: Deployment, __: Callable[[str], None], following: Following = EVERYTHING, /
    ) -> Iterator[FakeTail]:
        self.followed += 1
        try:
            # From the beginning, so that a test can put events there before the verb starts.
            yield FakeTail(self.bus, 0, following)
        finally:
            self.unfollowed += 1


def tokens_in(urls: Sequence[str]) -> list[str]:
    """The secret part of each callback URL."""
    return [url.rpartition("/")[2] for url in urls]
