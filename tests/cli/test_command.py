"""What holds for the command as a whole."""

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from typer.main import get_command

from commerce_hooks_cli.answer import NoAnswerError
from commerce_hooks_cli.callbacks import CallbackUrl
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.forwarding import Forwarder
from commerce_hooks_cli.local.errors import StaleStateError
from commerce_hooks_cli.local.state import already_running, read_state, write_state
from commerce_hooks_cli.main import app
from commerce_hooks_cli.program import command_to_type
from support.command import FakeWorld, answer, local_state, tokens_in
from support.platforms import platforms

COMMAND = Path(sys.executable).parent / "commerce-hooks"
SLOW = {"boto3", "botocore", "ministack", "samtranslator"}


def _verbs(group: object = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    command = group or get_command(app)
    for name, child in getattr(command, "commands", {}).items():
        yield (*path, name)
        yield from _verbs(child, (*path, name))


VERBS = list(_verbs())
GROUPS = {verb[:-1] for verb in VERBS if len(verb) > 1}


def test_the_verbs_are_those_we_promise() -> None:
    assert set(VERBS) == {
        *((name,) for name in ("local", "replay", "resend", "send", "shapes", "tail", "urls")),
        *((name,) for name in ("doctor", "find", "status")),
        *(("local", name) for name in ("demo", "up", "down", "status", "fault", "platform")),
        *(("local", "platform", name) for name in ("call", "delete", "list")),
        ("cenit",),
        *(("cenit", name) for name in ("collection", "configure")),
        ("keys",),
        *(("keys", name) for name in ("rotate", "status", "confirm", "revoke", "export", "import")),
        ("outbox",),
        *(("outbox", name) for name in ("status", "redrive")),
        ("quarantine",),
        *(("quarantine", name) for name in ("list", "show", "replay", "discard")),
        ("stores",),
        *(
            ("stores", name)
            for name in ("add", "apply", "authorize", "check", "list", "remove", "show")
        ),
        ("subscriptions",),
        *(
            ("subscriptions", name)
            for name in ("plan", "apply", "status", "list", "show", "delete")
        ),
    }


@pytest.mark.parametrize("verb", [(), *VERBS], ids=" ".join)
def test_every_verb_explains_itself(world: FakeWorld, verb: tuple[str, ...]) -> None:
    result = world.run(*verb, "--help")

    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    assert "<bool>" not in result.stdout


@pytest.mark.parametrize(
    "verb", [v for v in VERBS if v[0] != "local" and v not in GROUPS], ids=" ".join
)
def test_help_ends_with_an_example_of_the_verb(world: FakeWorld, verb: tuple[str, ...]) -> None:
    example = world.run(*verb, "--help").stdout.partition("For example: ")[2]

    assert f" {' '.join(verb)} " in example


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_flows_to_the_edge(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    prose = world.run(*verb, "--help").stdout.partition("╭")[0]

    for paragraph in re.split(r"\n\s*\n", prose.strip()):
        lines = [line.strip() for line in paragraph.splitlines()]
        # Of two lines, the second's first word would not have fitted into the first.
        for line, following in pairwise(lines):
            assert len(line) + 1 + len(following.split()[0]) > 78


@pytest.mark.parametrize(
    ("verb", "arguments"), [("send", "PLATFORM TOPIC"), ("urls", "PLATFORM STORE")]
)
def test_help_names_arguments_plainly_and_lists_the_platforms(
    world: FakeWorld, verb: str, arguments: str
) -> None:
    shown = world.run(verb, "--help").stdout

    assert f"{verb} [OPTIONS] {arguments} " in shown
    assert f"One of: {', '.join(sorted(platforms()))}." in shown


@pytest.mark.parametrize("verb", [v for v in VERBS if v not in GROUPS], ids=" ".join)
def test_every_verb_knows_json(world: FakeWorld, verb: tuple[str, ...]) -> None:
    assert "--json" in world.run(*verb, "--help").stdout


def test_the_version_is_told(world: FakeWorld) -> None:
    assert re.fullmatch(r"commerce-hooks \d+\.\d+\.\d+\n", world.run("--version").stdout)


@pytest.mark.parametrize("arguments", [["sned"], ["send"], ["tail", "--limt"], ["local", "upp"]])
def test_typing_errors_are_bad_usage(world: FakeWorld, arguments: list[str]) -> None:
    result = world.run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage:" in result.stderr


def test_ctrl_c_ends_with_130(world: FakeWorld) -> None:
    def interrupt(_: str | None) -> Deployment:
        raise KeyboardInterrupt

    world.find_deployment = interrupt

    assert world.run("tail").exit_code == 130


def test_our_own_mistakes_are_not_hidden(world: FakeWorld) -> None:
    def stumble(_: str | None) -> Deployment:
        raise ZeroDivisionError

    world.find_deployment = stumble

    with pytest.raises(ZeroDivisionError):
        world.run("tail")


def test_help_loads_nothing_slow() -> None:
    code = (
        "import sys; from commerce_hooks_cli.main import app\n"
        "try: app(['send', '--help'])\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )

    assert SLOW.intersection(run.stderr.split()) == set()


def test_the_command_to_type_is_its_path_from_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv" / "bin" / "commerce-hooks")])
    assert command_to_type() == ".venv/bin/commerce-hooks"
    monkeypatch.setattr(sys, "argv", ["./commerce-hooks"])
    assert command_to_type() == "./commerce-hooks"
    monkeypatch.setattr(sys, "argv", ["/elsewhere/commerce-hooks"])
    assert command_to_type() == "/elsewhere/commerce-hooks"
    monkeypatch.setattr(sys, "argv", ["-c"])
    assert command_to_type() == "commerce-hooks"


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The command, called by its path from here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [".venv/bin/commerce-hooks"])
    return "`.venv/bin/commerce-hooks "


def test_hints_name_the_command_as_it_was_called(
    called: str, world: FakeWorld, tmp_path: Path
) -> None:
    world.door.answers = {0: NoAnswerError("refused")}
    records = tmp_path / "records"
    records.mkdir()
    write_state(local_state(tmp_path), records)
    with pytest.raises(StaleStateError) as stale:
        read_state(records)

    said = [
        world.run("send", "centry", "on_order_save").stderr,
        world.run("tail", "--limit", "1", "--timeout", "1").stderr,
        world.run("local", "status").stdout,
        already_running(None).hint,
        stale.value.hint,
    ]

    assert [called in text for text in said] == [True] * len(said)


def test_help_names_the_command_as_it_was_called() -> None:
    folder = COMMAND.parent
    for arguments, words in (
        (["--help"], "Begin with: ./commerce-hooks local demo"),
        (["send", "--help"], "Usage: ./commerce-hooks send [OPTIONS] PLATFORM TOPIC"),
    ):
        run = subprocess.run(
            ["./commerce-hooks", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        assert words in run.stdout


def _everything_said(world: FakeWorld, picture: Path) -> Iterator[str]:
    """The output of every verb but `urls`, for people and for programs."""
    for arguments in (
        ("send", "konimbo", "order_created"),
        ("local", "demo", "--svg", str(picture)),
        ("local", "up"),
        ("local", "status"),
        ("tail", "--limit", "1", "--timeout", "1"),
        ("tail", "--limit", "1", "--timeout", "1", "--full"),
        ("cenit", "collection", "acme"),
        ("cenit", "configure", "acme", "--signed-only"),
        ("local", "down"),
    ):
        yield world.run(*arguments).output
        yield world.run(*arguments, "--json").output
    yield picture.read_text()


def test_only_urls_ever_shows_a_token(world: FakeWorld, tmp_path: Path) -> None:
    """The canary: every verb in every form, while things go well and while they don't."""
    said = list(_everything_said(world, tmp_path / "demo.svg"))
    refusing, absent = answer(401, {"error": "unauthorized"}), NoAnswerError("refused")
    for broken in (refusing, absent):
        world.door.answers = dict.fromkeys(range(1000), broken)
        said += _everything_said(world, tmp_path / "demo.svg")
    world.deployment = CommandError("There is none.")
    said.append(world.run("send", "konimbo", "order_created").output)

    tokens = {*tokens_in(world.door.urls), *filter(None, world.door.keys)}
    # Cenit's calls have theirs in a header, and the service in its place.
    macs = {token.rpartition(".")[2] for token in tokens if "." in token}
    assert len(macs) > len(platforms())
    assert [mac for mac in macs for text in said if mac in text] == []


def test_a_token_is_in_no_repr(world: FakeWorld) -> None:
    url = CallbackUrl("konimbo", "acme", None, "POST", "https://x.example/the-token")

    assert "the-token" not in repr(url)
    assert "the-token" not in repr(Forwarder("https://x.example/the-token", world.door.post))
