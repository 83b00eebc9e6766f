"""Ctrl-C, SIGTERM and a closed terminal end a verb, but not in the middle of a clean-up."""

import signal
import threading
from contextlib import ExitStack, suppress

import pytest

from commerce_hooks_cli.interruptions import postponed_interruptions, signals_end_the_verb


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_unwinds_the_verb_with_its_exit_code(
    number: signal.Signals, exit_code: int
) -> None:
    steps: list[str] = []

    def verb() -> None:
        with signals_end_the_verb(), ExitStack() as clean_up:
            clean_up.callback(steps.append, "cleaned up")
            signal.raise_signal(number)

    with pytest.raises(SystemExit) as caught:
        verb()

    assert (caught.value.code, steps) == (exit_code, ["cleaned up"])


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with signals_end_the_verb(), postponed_interruptions():
        assert signal.getsignal(signal.SIGTERM) is not before

    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_during_a_clean_up_comes_after_it() -> None:
    steps = []

    def clean_up() -> None:
        with postponed_interruptions():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            steps.append("finished")

    with pytest.raises(KeyboardInterrupt):
        clean_up()

    assert steps == ["finished"]


def test_outside_the_main_thread_there_are_no_signals_to_postpone() -> None:
    steps = []

    def clean_up() -> None:
        with postponed_interruptions():
            steps.append("finished")

    thread = threading.Thread(target=clean_up)
    thread.start()
    thread.join()

    assert steps == ["finished"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_swallowed_interruption_still_ends_the_verb(number: signal.Signals) -> None:
    reached = []

    def verb() -> None:
        with signals_end_the_verb():
            with suppress(KeyboardInterrupt, SystemExit):
                signal.raise_signal(number)
            reached.append("the end")

    with pytest.raises((KeyboardInterrupt, SystemExit)):
        verb()

    assert reached == ["the end"]


def test_an_interruption_that_became_another_error_is_still_an_interruption() -> None:
    def verb() -> None:
        with signals_end_the_verb():
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt as error:
                raise RuntimeError("as an extension module would") from error

    with pytest.raises(KeyboardInterrupt):
        verb()
