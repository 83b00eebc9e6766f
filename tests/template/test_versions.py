"""The Lambda runtime and processor are named in several places; all name the same."""

import re

from template.reading import FUNCTION, ROOT, Template

PLATFORM_TAG = {"arm64": "manylinux2014_aarch64", "x86_64": "manylinux2014_x86_64"}


def pip_option(name: str) -> str:
    makefile = (ROOT / "shared" / "Makefile").read_text("utf-8")
    (value,) = re.findall(rf"--{name} (\S+)", makefile)
    return str(value)


def test_functions_and_layer_have_the_same_runtime_and_processor(template: Template) -> None:
    layer = template.properties("SharedLayer")
    shared = template.document["Globals"]["Function"]

    assert layer["CompatibleRuntimes"] == [shared["Runtime"]]
    assert layer["CompatibleArchitectures"] == shared["Architectures"]
    for function in template.of_type(FUNCTION).values():
        assert not {"Runtime", "Architectures"} & set(function)


def test_the_layer_s_packages_are_fetched_for_that_runtime_and_processor(
    template: Template,
) -> None:
    shared = template.document["Globals"]["Function"]
    (architecture,) = shared["Architectures"]

    assert shared["Runtime"] == f"python{pip_option('python-version')}"
    assert pip_option("platform") == PLATFORM_TAG[architecture]


def test_the_layer_is_built_by_its_makefile_as_pinned(template: Template) -> None:
    makefile = (ROOT / "shared" / "Makefile").read_text("utf-8")

    assert template.resources["SharedLayer"]["Metadata"]["BuildMethod"] == "makefile"
    assert "build-SharedLayer:" in makefile
    assert pip_option("only-binary") == ":all:"
    assert "--require-hashes" in makefile


def test_no_pin_of_the_layer_depends_on_the_machine_that_builds_it() -> None:
    # pip judges markers by the Python it runs on, not by --python-version.
    pins = (ROOT / "shared" / "requirements.txt").read_text("utf-8")

    assert not re.findall(r"^[^#\n]+;", pins, re.MULTILINE)
