"""The command itself, in a process of its own, with a local stack of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from commerce_hooks_cli.local.state import LocalState, read_state, recorded_state
from commerce_hooks_cli.queue_depth import depth
from local.stacks import settled
from support.platforms import block_name, platforms

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(90)]

REPOSITORY = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "commerce_hooks_cli")
# A callback per topic, a form, a large body, Cenit's call, two bad ones, and one replayed.
EXCHANGES = sum(len(platform.topics) for platform in platforms().values()) + 6
SILENT = {"ignored", "unauthorized"}
STARTS_WITHIN = 30.0


@dataclass(frozen=True)
class Shell:
    """A terminal in a checkout, and the command that belongs to that checkout."""

    checkout: Path

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.checkout,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.checkout,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def _environment(self) -> dict[str, str]:
        folders = (self.checkout / name for name in ("cli", "shared", "functions"))
        return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)

    @property
    def records(self) -> Path:
        return self.checkout / ".local"

    def state(self) -> LocalState | None:
        return read_state(self.records)

    def wait_for_stack(self) -> LocalState:
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            if state := recorded_state(self.records):
                return state
            time.sleep(0.01)
        pytest.fail("no stack came up")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A copy, so that a developer's own running stack is none of these tests' business."""
    checkout = tmp_path_factory.mktemp("checkout")
    for folder in ("cli", "functions", "shared", "events"):
        shutil.copytree(REPOSITORY / folder, checkout / folder)
    shutil.copy(REPOSITORY / "template.yaml", checkout)
    shell = Shell(checkout)
    yield shell
    shell.run("local", "down")


@pytest.fixture
def stack(shell: Shell) -> LocalState:
    """The stack of `local up`, which several tests share."""
    if shell.state() is None:
        assert shell.run("local", "up").returncode == 0
    state = shell.state()
    assert state is not None
    return state


@pytest.fixture
def no_stack(shell: Shell) -> None:
    shell.run("local", "down")


def tails_on(state: LocalState) -> tuple[list[str], list[str]]:
    """Rules and queues of `tail` that are there now."""
    rules = state.client("events").list_rules(EventBusName=state.outputs["EventBusName"])["Rules"]
    queues = state.client("sqs").list_queues().get("QueueUrls", [])
    return [r["Name"] for r in rules if "tail" in r["Name"]], [q for q in queues if "tail" in q]


@pytest.mark.usefixtures("no_stack")
def test_the_demo_goes_as_it_must_and_leaves_nothing_running(shell: Shell) -> None:
    run = shell.run("local", "demo", "--json")

    assert (run.returncode, run.stderr) == (0, "")
    told = json.loads(run.stdout)
    assert (told["ok"], len(told["sent"])) == (True, EXCHANGES)
    assert len(told["events"]) == sum(one["outcome"] not in SILENT for one in told["sent"])
    assert not shell.records.exists()


@pytest.mark.usefixtures("no_stack")
def test_the_demo_loses_nothing_while_the_bus_fails(shell: Shell) -> None:
    run = shell.run("local", "demo", "--fault", "bus", "--json")

    assert (run.returncode, run.stderr) == (0, "")
    told = json.loads(run.stdout)
    assert [one["platform"] for one in told["sent"]] == [*platforms(), "cenit"]
    assert {(one["status"], one["outcome"]) for one in told["sent"]} == {(200, "deferred")}
    promised = {id_ for one in told["sent"] for id_ in one["event_ids"]}
    came = [one["event"]["detail"]["metadata"]["event_id"] for one in told["events"]]
    assert (len(came), set(came)) == (len(promised), promised)
    assert (told["waited_in_outbox"], told["left_in_outbox"]) == (len(promised), 0)
    assert told["failed_calls"] >= len(promised)
    assert not shell.records.exists()


@pytest.mark.usefixtures("no_stack")
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_demo_leaves_nothing_running(
    shell: Shell, number: signal.Signals, exit_code: int
) -> None:
    with shell.start("local", "demo") as demo:
        state = shell.wait_for_stack()
        demo.send_signal(number)
        demo.communicate(timeout=30)

    # Python ends itself by SIGINT where Ctrl-C met an `exec`; to a shell that is 130 as well.
    assert demo.returncode in {exit_code, -signal.SIGINT}
    assert not state.is_running()
    assert not shell.records.exists()


def test_the_demo_uses_a_running_stack_and_leaves_it_running(
    shell: Shell, stack: LocalState
) -> None:
    run = shell.run("local", "demo")

    assert run.returncode == 0
    assert stack.base_url in run.stdout
    assert shell.state() == stack
    assert tails_on(stack) == ([], [])


def test_status_tells_where_the_stack_is(shell: Shell, stack: LocalState) -> None:
    status = shell.json("local", "status")

    assert (status["running"], status["base_url"]) == (True, stack.base_url)
    assert {f"{block_name(name)}Function" for name in platforms()} <= set(status["functions"])


def test_what_is_made_to_fail_fails_until_it_is_switched_off(
    shell: Shell, stack: LocalState
) -> None:
    platform, topic = "centry", "on_order_save"
    assert shell.run("local", "fault", "bus", "--kind", "denied").returncode == 0
    (deferred,) = shell.json("send", platform, topic)
    status = shell.json("local", "status")
    assert shell.run("local", "fault", "off").returncode == 0
    (accepted,) = shell.json("send", platform, topic)

    assert (deferred["outcome"], accepted["outcome"]) == ("deferred", "accepted")
    assert status["faults"]["bus"]["kind"] == "denied"
    assert status["faults"]["bus"]["calls"] > 0
    assert shell.json("local", "status")["faults"] == {}
    _wait_for_empty_outbox(stack)


@pytest.mark.parametrize("platform", platforms())
def test_what_is_sent_comes_off_the_bus(shell: Shell, stack: LocalState, platform: str) -> None:
    topic = next(iter(platforms()[platform].topics))
    # Once before, so that its shape is known: that is told as well, some time later.
    assert shell.run("send", platform, topic).returncode == 0
    settled(stack)
    with shell.start("tail", "--limit", "2", "--timeout", "30", "--json") as tail:
        _wait_for(tail, "Following the bus")
        sent = shell.json("send", platform, topic, "--count", "2", "--store", "acme")
        lines, _ = tail.communicate(timeout=40)

    events = [json.loads(line) for line in lines.splitlines()]
    told = [event["detail"]["metadata"]["event_id"] for event in events]
    assert told == [id_ for one in sent for id_ in one["event_ids"]]
    assert {event["detail"]["metadata"]["store"] for event in events} == {"acme"}
    assert tail.returncode == 0


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_tail_leaves_neither_rule_nor_queue(
    shell: Shell, stack: LocalState, number: signal.Signals, exit_code: int
) -> None:
    with shell.start("tail") as tail:
        _wait_for(tail, "Following the bus")
        assert [len(kind) for kind in tails_on(stack)] == [1, 1]
        tail.send_signal(number)
        tail.communicate(timeout=30)

    assert tail.returncode == exit_code
    assert tails_on(stack) == ([], [])


def test_a_url_works_for_whoever_has_it_and_tells_only_urls(
    shell: Shell, stack: LocalState
) -> None:
    (url,) = shell.json("urls", "centry", "acme")
    token = urlsplit(url["url"]).path.rpartition("/")[2]

    said = [
        shell.run("send", "centry", "on_order_save", "--store", "acme", *more)
        for more in ((), ("--json",))
    ]
    said += [shell.run("local", "status"), shell.run("local", "demo")]

    assert all(run.returncode == 0 for run in said)
    assert not any(token in run.stdout + run.stderr for run in said)
    assert not any(token in path.read_text(errors="replace") for path in _files(shell.records))
    assert stack.base_url in url["url"]


@pytest.mark.usefixtures("stack")
def test_the_shells_own_aws_settings_are_not_for_the_local_stack(shell: Shell) -> None:
    run = shell.run(
        *("send", "centry", "on_order_save"),
        AWS_PROFILE="nobody",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_REGION="mars-1",
        HTTP_PROXY="http://127.0.0.1:9",
        http_proxy="http://127.0.0.1:9",
    )

    assert (run.returncode, run.stderr.count("Using the local stack")) == (0, 1)


@pytest.mark.usefixtures("stack")
def test_a_second_stack_is_refused(shell: Shell) -> None:
    run = shell.run("local", "up")

    assert run.returncode == 1
    assert "error: " in run.stderr
    assert "local down" in run.stderr


def test_a_stack_that_died_is_an_error_until_it_is_cleaned_up(
    shell: Shell, stack: LocalState
) -> None:
    os.kill(stack.pid, signal.SIGKILL)
    while stack.is_running():
        time.sleep(0.01)

    for verb in (("send", "centry", "on_order_save"), ("urls", "centry", "x"), ("local", "demo")):
        run = shell.run(*verb)
        assert (run.returncode, run.stdout) == (1, "")
        assert "local down" in run.stderr
        assert "Traceback" not in run.stderr
    assert shell.run("local", "down").returncode == 0
    assert shell.run("local", "status").returncode == 1
    assert not shell.records.exists()


def _wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read what a process says until it has said this."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    pytest.fail(f"it ended without saying {words!r}")


def _wait_for_empty_outbox(state: LocalState) -> None:
    """What comes late would be another test's surprise."""
    deadline = time.monotonic() + STARTS_WITHIN
    while depth(state.client("sqs"), state.outputs["OutboxQueueUrl"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and "log" in path.name)
