"""Every seed once, everywhere; and, where the fuzzer runs, a few seconds of changing them."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from fuzz.targets import TARGETS, one_input, seeds

TESTS = Path(__file__).parents[1]


def test_every_target_has_a_seed() -> None:
    assert {seed[0] for seed in seeds()} == set(range(len(TARGETS)))


def test_every_seed_is_read_without_a_fault() -> None:
    for seed in seeds():
        one_input(seed)


@pytest.mark.skipif(not find_spec("atheris"), reason="atheris is for CPython on Linux, x86-64")
def test_a_few_seconds_of_fuzzing_find_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [
            # A process begins with the greatest size that its parent had (getrusage, Linux), and
            # that of tests may be above the fuzzer's bound. A shell in between is small.
            "/bin/sh",
            "-c",
            '"$@"; exit $?',
            "sh",
            sys.executable,
            TESTS / "fuzz" / "harness.py",
            tmp_path / "corpus",
            "-max_total_time=5",
            "-seed=1",
        ],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout.decode(errors="replace")[-4_000:]
