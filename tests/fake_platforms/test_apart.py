"""The fakes are the platforms' side: they know nothing of whoever integrates them."""

import ast
import sys
from pathlib import Path

import pytest

import fake_platforms

MODULES = sorted(Path(fake_platforms.__file__).parent.glob("**/*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_fake_needs_nothing_but_python_and_itself(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    sources = {
        (node.level, node.module or "")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    tops = {name.partition(".")[0] for name in names | {module for _, module in sources}}

    assert {level for level, _ in sources} <= {0}
    assert tops <= {*sys.stdlib_module_names, "fake_platforms"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_says_in_a_line_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))

    assert docstring
    assert len(docstring.splitlines()[0]) <= 100


def test_there_are_modules() -> None:
    assert len(MODULES) > 10
