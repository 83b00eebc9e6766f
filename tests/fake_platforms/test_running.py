"""`python -m fake_platforms`: where it says the fakes are, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import fake_platforms
from fake_platforms.__main__ import insist
from support.fake_shops import WEBHOOKS, CentryShop, Clock, KonimboShop
from support.platform_calls import Caller

CLI = Path(fake_platforms.__file__).parents[1]
SECONDS = 60


@contextmanager
def running() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "fake_platforms"],
        env={**os.environ, "PYTHONPATH": str(CLI)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout
    told: dict[str, str] = json.loads(process.stdout.readline())
    return told


def test_it_says_where_both_are_and_the_secret_of_their_admin_side() -> None:
    with running() as process:
        told = first_line(process)
        centry = CentryShop(fake_platforms.FakeCentry(), told["centry"])
        konimbo = KonimboShop(fake_platforms.FakeKonimbo(), told["konimbo"])
        secret = {"x-fake-admin": told["admin_secret"]}

        assert centry.api().get(WEBHOOKS).json == []
        assert konimbo.get().status == 404
        for place in (told["centry"], told["konimbo"]):
            assert Caller(place, secret).get("/_fake/webhooks").json == {"webhooks": []}
            assert Caller(place).get("/_fake/webhooks").status == 403


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_by_a_signal(number: signal.Signals) -> None:
    with running() as process:
        first_line(process)
        process.send_signal(number)

        assert process.wait(SECONDS) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_it_ends_with_its_input() -> None:
    with running() as process:
        first_line(process)
        assert process.stdin
        process.stdin.close()

        assert process.wait(SECONDS) == 0


def test_meanwhile_centry_insists_by_itself() -> None:
    clock = Clock()
    centry = fake_platforms.FakeCentry(clock)
    centry.add_webhook("a" * 24, "nowhere", on_order_save=True)
    centry.deliver("on_order_save", "1")
    began = clock.now

    def wait(seconds: float) -> bool:
        clock.now += seconds
        return clock.now > began + 605

    insist(centry, wait)

    assert [each.at - began for each in centry.deliveries.log] == [0, 300, 600]
