"""What an entry point imports decides its cold start, so the set is pinned."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from support.environment import ENSURE_ENVIRONMENT, FUNCTION_ENVIRONMENT
from support.platforms import FUNCTIONS, platforms

SCRIPT = """
import json, sys
before = set(sys.modules)
import {module}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-central-1", **FUNCTION_ENVIRONMENT, **ENSURE_ENVIRONMENT}
PACKAGES = {
    "annotated_types",
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "dateutil",
    "jmespath",
    "pydantic",
    "pydantic_core",
    "s3transfer",
    "six",
    "typing_extensions",
    "typing_inspection",
    "urllib3",
}
# botocore and urllib3 take these where they are installed: by tools of the development
# environment here; the layer has none.
TAKEN_WHERE_PRESENT = {"OpenSSL", "awscrt", "brotli", "certifi", "cffi", "cryptography"}
HEAVY_POWERTOOLS = {
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.parser",
    "aws_lambda_powertools.utilities.parameters",
    "aws_lambda_powertools.utilities.idempotency",
    "aws_lambda_powertools.utilities.data_classes",
}


OTHERS = ("activity", "bulk", "cenit", "ensure_subscriptions", "redeliver", "shapes", "upkeep")


@cache
def imported_by(module: str) -> set[str]:
    path = [str(FUNCTIONS), str(FUNCTIONS.parent / "shared")]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(module=module)],
        env={**ENVIRONMENT, "PYTHONPATH": ":".join(path)},
        capture_output=True,
        check=True,
        text=True,
    )
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module", params=sorted(platforms()))
def imports(request: pytest.FixtureRequest) -> tuple[str, set[str]]:
    return request.param, imported_by(f"{request.param}.app")


def _packages(modules: set[str]) -> set[str]:
    tops = {name.partition(".")[0] for name in modules}
    return {top for top in tops if top not in sys.stdlib_module_names and not top.startswith("_")}


def test_an_entry_point_imports_these_packages_only(imports: tuple[str, set[str]]) -> None:
    name, modules = imports

    assert _packages(modules) - TAKEN_WHERE_PRESENT <= PACKAGES | {name, "commerce_hooks"}


def test_an_entry_point_imports_no_other_platform(imports: tuple[str, set[str]]) -> None:
    name, modules = imports
    others = set(platforms()) - {name}

    assert not {m for m in modules if others & set(m.split("."))}


def test_powertools_heavy_parts_stay_out(imports: tuple[str, set[str]]) -> None:
    _, modules = imports

    assert not HEAVY_POWERTOOLS & modules


@pytest.mark.parametrize("name", OTHERS)
def test_another_entry_point_imports_no_platform_and_nothing_heavy(name: str) -> None:
    modules = imported_by(f"{name}.app")

    assert _packages(modules) - TAKEN_WHERE_PRESENT <= PACKAGES | {name, "commerce_hooks"}
    assert not HEAVY_POWERTOOLS & modules


def test_the_404_function_imports_nothing_but_itself() -> None:
    assert _packages(imported_by("not_found.app")) == {"not_found"}


def test_no_module_of_the_kernel_is_without_a_user() -> None:
    kernel = Path(FUNCTIONS.parent / "shared" / "commerce_hooks")
    used = set.union(*(imported_by(f"{name}.app") for name in (*platforms(), *OTHERS)))
    modules = {f"commerce_hooks.{path.stem}" for path in kernel.glob("[a-z]*.py")}

    assert modules <= used


@pytest.mark.parametrize("name", sorted(platforms()))
def test_no_callback_waits_for_what_calls_platforms(name: str) -> None:
    modules = imported_by(f"{name}.app")

    assert not {m for m in modules if m.startswith(("commerce_hooks.http", f"{name}.access"))}
