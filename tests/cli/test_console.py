"""What goes to which stream, in which form."""

import io
import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.console import Screen, plain
from support.command import FakeWorld


def test_results_go_to_stdout_and_the_rest_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.show(Text("a result"))
    screen.note("an aside")
    screen.warn("look out")
    screen.fail("it broke", "mend it")

    out, err = capsys.readouterr()
    assert out == "a result\n"
    assert err == "an aside\nwarning: look out\nerror: it broke\n  try: mend it\n"


def test_with_json_people_get_nothing_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=True)
    screen.show(Text("a result"))
    screen.show_uncut(Text("a long line"))
    screen.show_unwrapped(Text("a URL"))
    screen.emit({"a": "ש"})

    assert capsys.readouterr().out == '{\n  "a": "ש"\n}\n'


def test_without_json_programs_get_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().emit({"a": 1})

    assert capsys.readouterr().out == ""


def test_json_is_utf8_even_where_the_terminal_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))

    Screen(as_json=True).emit({"name": "שלום"})

    assert json.loads(written.getvalue().decode()) == {"name": "שלום"}


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "L", "P"])))
def test_json_cannot_drive_a_terminal_and_means_the_same(account: str) -> None:
    written = io.BytesIO()
    stdout = io.TextIOWrapper(written, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        Screen(as_json=True).emit({"account": account})

    text = written.getvalue().decode()
    assert json.loads(text) == json.loads(json.dumps({"account": account}))
    assert {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"}} == {"\n"}


def test_a_terminal_shows_how_much_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")

    with Screen().progress("Replaying") as show:
        show(0.34, "07:41 UTC")

    out, err = capsys.readouterr()
    shown = Text.from_ansi(err).plain
    assert out == ""
    assert ("Replaying" in shown, "34%" in shown, "07:41 UTC" in shown) == (True, True, True)


@pytest.mark.parametrize(("terminal", "as_json"), [("", False), ("1", True)])
def test_a_file_or_a_program_gets_no_bar(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: str,
    *,
    as_json: bool,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", terminal)

    with Screen(as_json=as_json).progress("Replaying") as show:
        show(0.34, "07:41 UTC")

    assert capsys.readouterr() == ("", "")


def test_messages_are_not_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().fail("[bold]no[/bold] [/nothing]")

    assert capsys.readouterr().err == "error: [bold]no[/bold] [/nothing]\n"


def test_long_messages_are_not_broken_up(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().note("word " * 100)

    assert capsys.readouterr().err.count("\n") == 1


def test_progress_is_for_terminals_only(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = world.run("send", "centry", "on_order_save").stderr
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = world.run("send", "centry", "on_order_save").stderr
    programs = world.run("send", "centry", "on_order_save", "--json").stderr

    assert ["Sending" in said for said in (quiet, terminal, programs)] == [False, True, False]


def test_there_is_room_without_end_in_a_file_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Screen().room is None
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    assert Screen().room == 40


def test_what_must_not_be_cut_is_wrapped_between_words_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    Screen().show_uncut(Text("a word " + "x" * 60))

    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == ["a word", "x" * 60]


def test_a_file_is_wide_enough_for_our_tables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table("x" * 99, box=None, padding=0)
    Screen().show(table)
    monkeypatch.setenv("COLUMNS", "50")
    Screen().show(table)

    assert [len(line) for line in capsys.readouterr().out.splitlines() if line] == [99, 50]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("שלום", "שלום"),
        ("a\x1b[31mb", "a\\u001b[31mb"),
        ("\x9b", "\\u009b"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb", "a\\u000ab"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_characters_are_spelled_out(text: str, expected: str) -> None:
    assert plain(text) == expected
