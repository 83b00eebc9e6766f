"""What `sam build` makes is small, complete, the same each time, and importable on Lambda."""

import re
from pathlib import Path

import pytest

from template.built import (
    OF_THE_RUNTIME,
    SITE_PACKAGES,
    Built,
    contents,
    imported_files,
    linked,
    sam_build,
    zipped_size,
)
from template.reading import FUNCTION, ROOT, as_written

pytestmark = pytest.mark.build

HANDLERS = {
    name: function["Handler"].removesuffix(".lambda_handler")
    for name, function in as_written().of_type(FUNCTION).items()
}
NOT_FOR_LAMBDA = re.compile(
    r"(^|/)(tests?|bin|__pycache__|Makefile|requirements[^/]*|boto3|botocore|s3transfer)(/|$)|\.pyc$"
)
AARCH64 = 183


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return sam_build(tmp_path_factory.mktemp("sam"))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return linked(tmp_path_factory.mktemp("runtime") / "packages", *OF_THE_RUNTIME)


@pytest.fixture(scope="module")
def host_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The binary of pydantic for this machine, to stand before the layer's."""
    return linked(tmp_path_factory.mktemp("host") / "packages", "pydantic_core")


def test_the_layer_is_at_most_four_megabytes_zipped(built: Built, tmp_path: Path) -> None:
    assert zipped_size(built.layer, tmp_path / "layer.zip") <= 4_000_000


def test_the_layer_holds_nothing_that_lambda_has_or_does_not_need(built: Built) -> None:
    assert [name for name in contents(built.layer) if NOT_FOR_LAMBDA.search(name)] == []


def test_the_layer_holds_all_of_commerce_hooks_and_every_pinned_package(built: Built) -> None:
    package = ROOT / "shared" / "commerce_hooks"
    requirements = (ROOT / "shared" / "requirements.txt").read_text("utf-8")
    pins = re.findall(r"^([\w-]+)==(\S+)", requirements, re.MULTILINE)
    files = set(contents(built.layer))

    assert {
        f"python/commerce_hooks/{path.relative_to(package)}" for path in package.rglob("*.py")
    } <= files
    assert {
        f"python/{name.replace('-', '_')}-{version}.dist-info/METADATA" for name, version in pins
    } <= files


def test_its_only_binary_is_for_lambda_s_python_and_processor(built: Built) -> None:
    (binary,) = built.layer.rglob("*.so*")

    assert binary.name == "_pydantic_core.cpython-313-aarch64-linux-gnu.so"
    assert int.from_bytes(binary.read_bytes()[18:20], "little") == AARCH64


def test_a_second_build_gives_the_same_layer(built: Built, tmp_path: Path) -> None:
    again = sam_build(tmp_path, "SharedLayer")

    assert contents(again.layer) == contents(built.layer)


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_s_artifact_holds_our_python_files_and_no_other(
    built: Built, function: str
) -> None:
    functions = ROOT / "functions"

    assert set(contents(built.function(function))) == {
        str(path.relative_to(functions)) for path in functions.rglob("*.py")
    }


@pytest.mark.parametrize("function", HANDLERS)
def test_a_handler_imports_from_the_artifacts_in_lambda_s_order(
    built: Built, runtime: Path, host_binary: Path, function: str
) -> None:
    layer = built.layer / "python"

    files = imported_files(
        HANDLERS[function], [built.function(function), host_binary, layer, runtime]
    )

    assert files[HANDLERS[function]].is_relative_to(built.function(function))
    for name, file in files.items():
        if name.partition(".")[0] in {"commerce_hooks", "pydantic", "aws_lambda_powertools"}:
            assert file.is_relative_to(layer), name
    assert not [file for file in files.values() if file.is_relative_to(SITE_PACKAGES)]
    assert not [file for file in files.values() if file.is_relative_to(ROOT / "shared")]
