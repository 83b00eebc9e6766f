"""Coverage-guided fuzzing of all that reads a sender's bytes, with atheris.

    PYTHONPATH=tests python tests/fuzz/harness.py FOLDER [libFuzzer's options]
    PYTHONPATH=tests python tests/fuzz/harness.py INPUT

fuzzes from the samples and keeps in the folder what reached new code, and findings, which the
next run begins with; or reads one input again.
"""

import sys
from hashlib import sha256
from pathlib import Path

import atheris

FUNCTIONS = Path(__file__).parents[2] / "functions"

with atheris.instrument_imports(
    include=["commerce_hooks", *(folder.name for folder in FUNCTIONS.iterdir())]
):
    from fuzz.mutation import mutated
    from fuzz.targets import one_input, seeds

MAX_BYTES = 65_536
# More than 10 s or 1 GB for one input is a finding too.
BOUNDS = (f"-max_len={MAX_BYTES}", "-timeout=10", "-rss_limit_mb=1024")


def mutator(data: bytes, max_size: int, seed: int) -> bytes:
    return mutated(data, seed, lambda raw: bytes(atheris.Mutate(raw, max_size)))[:max_size]


def main() -> None:
    place = Path(sys.argv[1])
    folder = place.parent if place.is_file() else place
    if folder is place:
        place.mkdir(parents=True, exist_ok=True)
        for seed in (seed for seed in seeds() if len(seed) <= MAX_BYTES):
            (place / sha256(seed).hexdigest()).write_bytes(seed)
    findings = f"-artifact_prefix={folder}/"
    atheris.Setup([*sys.argv, *BOUNDS, findings], one_input, custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
