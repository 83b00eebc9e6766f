"""Who may import whom: schemas nothing of ours, the kernel the schemas, a platform both."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.platforms import FUNCTIONS, platforms

ROOT = FUNCTIONS.parent
KERNEL = ROOT / "shared" / "commerce_hooks"
OURS = {"commerce_hooks", "commerce_hooks_cli", "fake_platforms", "support", *platforms()}
# The environment, the clock, new ids and the network come in here and nowhere else.
ADAPTERS = {"aws.py", "entrypoint.py", "wiring.py", "observing.py", "app.py", "wire.py"}
OUTSIDE = {"boto3", "botocore", "http", "os", "socket", "ssl", "time", "urllib", "urllib3", "uuid"}
PURE = {"urllib.parse"}  # percent-encoding: of a package that opens URLs, the part that does not
OUTSIDE_CALLS = {"datetime.now", "datetime.utcnow", "date.today", "open"}

# Those who deal with whatever platform's callback or store comes along load that one's modules.
BY_NAME = {
    "functions/bulk/app.py",
    "functions/ensure_subscriptions/platforms.py",
    "functions/redeliver/entrypoint.py",
}


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""


def ours(path: Path) -> set[str]:
    return {name for name in imported(path) if name.partition(".")[0] in OURS}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules(KERNEL / "schemas"), ids=name_of)
def test_schemas_import_nothing_of_ours_but_schemas(path: Path) -> None:
    assert all(name.startswith("commerce_hooks.schemas") for name in ours(path))


@pytest.mark.parametrize("path", modules(KERNEL), ids=name_of)
def test_the_kernel_knows_no_platform(path: Path) -> None:
    names = ours(path)
    in_schemas = path.parent.name == "schemas"

    assert all(name.startswith("commerce_hooks") for name in names)
    for platform in platforms():
        assert f"commerce_hooks.schemas.{platform}" not in names or in_schemas


@pytest.mark.parametrize("path", modules(FUNCTIONS), ids=name_of)
def test_a_function_imports_the_kernel_and_itself_only(path: Path) -> None:
    own = path.parent.name
    allowed = {"commerce_hooks", own}
    schemas = {name for name in ours(path) if name.startswith("commerce_hooks.schemas.")}

    assert {name.partition(".")[0] for name in ours(path)} <= allowed
    # The envelope is no platform's.
    assert schemas <= {f"commerce_hooks.schemas.{own}", "commerce_hooks.schemas.envelope"}


@pytest.mark.parametrize(
    "path",
    [path for path in [*modules(KERNEL), *modules(FUNCTIONS)] if path.name not in ADAPTERS],
    ids=name_of,
)
def test_only_the_adapters_touch_the_world(path: Path) -> None:
    tree = ast.parse(path.read_text())
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}

    assert not {name.partition(".")[0] for name in imported(path) if name not in PURE} & OUTSIDE
    assert not called & OUTSIDE_CALLS


def test_platforms_meet_by_name_in_these_modules_and_nowhere_else() -> None:
    """What is loaded by its name is seen by no other rule here, so who does it is listed."""
    found = {
        name_of(path)
        for path in [*modules(KERNEL), *modules(FUNCTIONS)]
        if "importlib" in {name.partition(".")[0] for name in imported(path)}
    }

    assert found == BY_NAME


@pytest.mark.parametrize("path", [*modules(KERNEL), *modules(FUNCTIONS)], ids=name_of)
def test_every_module_says_in_a_line_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert docstring
    assert len(docstring.splitlines()[0]) <= 100
