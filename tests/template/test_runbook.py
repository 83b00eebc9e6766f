"""docs/runbook.md: an entry for each alarm, and commands and queries that work as they stand."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import botocore.session
import pytest
import typer
from botocore import xform_name

from commerce_hooks_cli.main import app
from template.alarms import alarms_of
from template.emitted import lines_in, observe_everything
from template.reading import FUNCTION, OTHERS, ROOT, Template

TEXT = (ROOT / "docs/runbook.md").read_text("utf-8")
ALARMS = TEXT.partition("\n## Alarms\n")[2].partition("\n## ")[0]
PARTS = ("Means", "At risk", "Look", "Mend", "Over")
PRICE = 0.10
"""USD a month for each metric that an alarm watches (CloudWatch's list price, us-east-1)."""
# What the AWS CLI adds to the API's own parameters, or calls otherwise.
OF_THE_CLI = {"query", "output", "cli-binary-format", "notification-endpoint"}
BY_HAND: dict[tuple[str, str], set[str]] = {
    ("s3", "cp"): set(),
    ("s3", "ls"): {"recursive"},
    ("s3", "rm"): set(),
    ("lambda", "invoke"): {"function-name", "payload"},
}
# CloudWatch Logs as far as `insights` asks it: of the states in $STATES each call for one takes the
# next, and the last one holds. Time passes at once.
FAKE_AWS = """#!/bin/bash
case "$*" in
  *start-query*) [ -z "$REFUSED" ] && echo an-id ;;
  *"--query-id an-id --query status"*)
    head -n 1 "$STATES" && [ "$(wc -l < "$STATES")" -gt 1 ] && sed -i 1d "$STATES"; true ;;
  *"--query-id an-id --query results"*) echo "found while $(head -n 1 "$STATES")" ;;
esac
"""
FAKE_SLEEP = """#!/bin/bash
echo slept >> "$SLEPT"
"""
# What Logs Insights knows of every line, and the words of its language.
OF_INSIGHTS = {"@timestamp", "@message", "@log"}
COMMANDS = {"fields", "filter", "limit", "sort", "stats"}
WORDS = {"and", "as", "bin", "by", "count", "desc", "in", "like", "max", "min", "or"}
# By functions whose lines are not made here.
SAID_ELSEWHERE = {
    "message": {"redeliver", "shapes"},
    "outcome": {"unavailable", "unburied"},
    "reason": set[str](),
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


def anchor(heading: str) -> str:
    """GitHub's: small letters, hyphens for spaces."""
    return heading.lower().replace(" ", "-")


def entries() -> dict[str, str]:
    """The entries' texts by their anchors."""
    found = re.split(r"^### (.+)\n", ALARMS, flags=re.MULTILINE)[1:]
    return dict(zip(map(anchor, found[::2]), found[1::2], strict=True))


def test_every_alarm_has_an_entry_and_every_entry_an_alarm(template: Template) -> None:
    assert {alarm.entry for alarm in alarms_of(template)} == entries().keys()


@pytest.mark.parametrize("entry", entries())
def test_an_entry_says_what_one_has_to_know_at_night(entry: str) -> None:
    assert re.findall(r"^\*\*([A-Z][a-z ]+)\*\*", entries()[entry], flags=re.MULTILINE) == [*PARTS]


def test_the_table_of_what_comes_first_has_every_entry() -> None:
    table = TEXT.partition("\n## What first\n")[2].partition("\n\nCentry")[0]

    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", table)) == entries().keys()


def test_every_link_within_the_runbook_leads_to_a_heading() -> None:
    headings = {anchor(each) for each in re.findall(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)}

    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings


def test_the_price_is_that_of_all_alarms(template: Template) -> None:
    alarms = alarms_of(template)
    in_blocks = [a for a in alarms if a.entry in ("function-errors", "function-throttles")]
    functions = len(template.of_type(FUNCTION))
    others = [alarm for alarm in alarms if alarm not in in_blocks]
    metrics = sum(len(alarm.metrics) for alarm in others)

    assert sum(len(alarm.metrics) for alarm in in_blocks) == len(in_blocks) == 2 * functions
    assert f" {len(others)} alarms watch {metrics} metrics, and each function has two more" in TEXT
    assert f"{(metrics + 2 * (len(OTHERS) + 3)) * PRICE:.2f} USD a month" in TEXT


def test_names_of_the_template_are_in_it(template: Template) -> None:
    named = set(re.findall(r"id_of ([A-Z]\w+)", TEXT))
    outputs = set(re.findall(r"OutputKey=='(\w+)'", TEXT))
    alarms = set(re.findall(r"\$STACK-(\w+)\"", TEXT))

    assert named
    assert named <= template.resources.keys()
    assert outputs
    assert outputs <= template.document["Outputs"].keys()
    assert alarms
    assert alarms <= {alarm.name for alarm in alarms_of(template)}


def test_overrides_are_parameters_of_the_template(template: Template) -> None:
    commands = re.findall(r"--parameter-overrides (.+)", TEXT)
    names = {word.partition("=")[0] for line in commands for word in shlex.split(line)}

    assert names >= {"Stage", "AlarmTopicArn"}
    assert names <= template.document["Parameters"].keys()


# --- Commands -----------------------------------------------------------------------------------


def commands(program: str) -> list[list[str]]:
    """Each command of a program in the shell blocks, once, also those inside of others."""
    text = "".join(blocks("bash")).replace("\\\n", " ")
    found = re.finditer(rf"(?:^|\$\(|&& ) *{program} (.+)", text, flags=re.MULTILINE)
    return [list(words) for words in dict.fromkeys(words_of(each[1]) for each in found)]


def words_of(line: str) -> tuple[str, ...]:
    """Up to the end of the command; what is put in by the shell is a word of its own."""
    lexer = shlex.shlex(re.sub(r"\$\([^()]*(\([^()]*\))?[^()]*\)", "X", line), posix=True)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words = []
    for word in lexer:
        if word in {"&", "&&", "|", ";"}:
            break
        words.append(word.rstrip(";)"))
    return tuple(words)


@pytest.mark.parametrize("words", commands("commerce-hooks"), ids=" ".join)
def test_the_command_takes_its_words(words: list[str]) -> None:
    command = typer.main.get_command(app)
    context = typer.Context(command)
    while isinstance(command, typer.core.TyperGroup):
        found = command.get_command(context, words[0])
        assert found is not None, words[0]
        command, words = found, words[1:]

    command.make_context("commerce-hooks", words, parent=context)


@pytest.mark.parametrize("words", commands("aws"), ids=" ".join)
def test_the_aws_cli_has_this_command_with_these_options(words: list[str]) -> None:
    service, operation, *rest = words
    options = {word.removeprefix("--") for word in rest if word.startswith("--")}

    assert options <= options_of(service, operation) | OF_THE_CLI


def test_the_shell_understands_what_is_to_be_pasted() -> None:
    pasted = "".join(blocks("bash"))

    subprocess.run(["/bin/bash", "-n"], input=pasted, text=True, check=True)


@pytest.fixture
def fakes(tmp_path: Path) -> Path:
    for name, program in (("aws", FAKE_AWS), ("sleep", FAKE_SLEEP)):
        (tmp_path / name).write_text(program, "utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "slept").touch()
    return tmp_path


def insights(
    fakes: Path, *states: str, refused: str = ""
) -> tuple[subprocess.CompletedProcess[str], int]:
    """What the runbook's shell function prints, and how many times it has waited."""
    (fakes / "states").write_text("".join(f"{state}\n" for state in states), "utf-8")
    (function,) = re.findall(r"^insights\(\) \{.*?^\}\n", TEXT, flags=re.MULTILINE | re.DOTALL)
    environment = {
        "PATH": f"{fakes}:{os.environ['PATH']}",
        "STATES": str(fakes / "states"),
        "SLEPT": str(fakes / "slept"),
        "REFUSED": refused,
    }
    ran = subprocess.run(
        ["/bin/bash", "-c", f"{function}insights 3 /aws/lambda/x/ 'limit 1'"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    return ran, len((fakes / "slept").read_text("utf-8").splitlines())


def test_insights_waits_until_the_query_is_complete(fakes: Path) -> None:
    ran, waits = insights(fakes, "Scheduled", "Running", "Running", "Complete")

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "found while Complete\n", "Complete\n")
    assert waits == 4


@pytest.mark.parametrize(("state", "waits"), [("Running", 60), ("Failed", 1), ("Timeout", 1)])
def test_insights_does_not_pass_off_what_is_incomplete(fakes: Path, state: str, waits: int) -> None:
    ran, waited = insights(fakes, state)

    assert (ran.returncode, ran.stderr) == (1, f"{state}\n")
    assert waited == waits


def test_insights_asks_no_more_of_a_query_that_was_refused(fakes: Path) -> None:
    ran, waits = insights(fakes, "Complete", refused="yes")

    assert (ran.returncode, ran.stdout, waits) == (1, "", 0)


def test_a_rule_made_for_a_look_gets_its_minute_before_the_callback_is_sent() -> None:
    (look,) = (block for block in blocks("bash") if "commerce-hooks tail" in block)
    seconds = re.findall(r"--timeout (\d+) &\nsleep (\d+) && commerce-hooks send ", look)

    assert [(int(pause), int(end) >= 2 * int(pause)) for end, pause in seconds] == [(60, True)]


def options_of(service: str, operation: str) -> set[str]:
    if (service, operation) in BY_HAND:
        return BY_HAND[service, operation]
    model = botocore.session.get_session().get_service_model(service)
    (found,) = (name for name in model.operation_names if xform_name(name, "-") == operation)
    shape = model.operation_model(found).input_shape
    assert shape is not None
    return {xform_name(name, "-") for name in shape.members}


# --- Queries ------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", blocks("text"), ids=lambda query: query.splitlines()[0])
def test_a_query_asks_for_fields_that_lines_have(
    query: str, template: Template, output: pytest.CaptureFixture[str]
) -> None:
    observe_everything("hooks/test")
    lines = lines_in(output.readouterr().out)
    ours = {name for line in lines if "_aws" not in line for name in line}

    assert fields_of(query) <= ours | fields_of_access_lines(template) | OF_INSIGHTS


@pytest.mark.parametrize("query", blocks("text"), ids=lambda query: query.splitlines()[0])
def test_what_a_query_looks_for_is_said_by_lines(
    query: str, output: pytest.CaptureFixture[str]
) -> None:
    observe_everything("hooks/test")
    lines = lines_in(output.readouterr().out)

    for name in ("message", "outcome", "reason"):
        said = {line[name] for line in lines if name in line} | SAID_ELSEWHERE[name]
        for wanted in re.findall(rf'\b{name} (?:= (".+?")|in \[(.+?)\])', query):
            assert set(re.findall(r'"(.+?)"', "".join(wanted))) <= said


def fields_of(query: str) -> set[str]:
    """The fields that a query names, without what it names itself."""
    bare = re.sub(r'"[^"]*"|/[^/]*/', "", query)
    named = set(re.findall(r"\bas (\w+)", bare))
    words = {word.partition(".")[0] for word in re.findall(r"@?\b[A-Za-z_][\w.]*", bare)}
    return words - named - COMMANDS - WORDS


def fields_of_access_lines(template: Template) -> set[str]:
    form = template.properties("CallbackApi")["AccessLogSettings"]["Format"]
    return set(re.findall(r'"(\w+)":', form))
