"""A module has at most 300 lines, a function at most 40, the kernel under 600 in all (DESIGN §2, §8)."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.tree import SOURCE, python_files, script_files, shown, tree_of

LONGEST_MODULE, LONGEST_FUNCTION, KERNEL = 300, 40, 600


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def long_functions(tree: ast.Module) -> list[str]:
    """Functions over the limit, counted from `def` to the last line, docstring included, decorators not."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    return [f"{node.name} has {length} lines" for node, length in lengths.items() if length > LONGEST_FUNCTION]


def test_modules_are_short() -> None:
    paths = python_files() + script_files()
    assert len(paths) > 50  # the walk finds the house
    assert [f"{shown(path)} has {lines(path)} lines" for path in paths if lines(path) > LONGEST_MODULE] == []


def test_functions_are_short() -> None:
    """Migrations are excepted: each is a record of what was done, never changed."""
    paths = [path for path in python_files() if "migrations" not in path.parts]
    assert [f"{shown(path)}: {fault}" for path in paths for fault in long_functions(tree_of(path))] == []


def test_the_kernel_is_small() -> None:
    assert 0 < sum(lines(path) for path in (SOURCE / "kernel").rglob("*.py")) < KERNEL


def test_the_count_sees_a_long_function() -> None:
    fits = "class A:\n    @staticmethod\n    def fits():\n" + "        1\n" * 39
    long = "    async def long():\n" + "        1\n" * 40
    assert long_functions(ast.parse(fits + long)) == ["long has 41 lines"]
