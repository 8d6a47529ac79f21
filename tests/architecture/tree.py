"""The files that the architecture tests read."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "sekisho"
FOLDERS = ("src", "tests", "scripts", "bench")
NOT_OURS = frozenset({"node_modules", "__pycache__", "vendor"})


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """Our Python files below these folders of the repository; all of FOLDERS when none is named."""
    return tuple(path for folder in folders or FOLDERS for path in _files(ROOT / folder, "*.py"))


@cache
def script_files() -> tuple[Path, ...]:
    """Our ES modules."""
    return _files(SOURCE, "*.js") + _files(ROOT / "scripts", "*.js")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _files(folder: Path, pattern: str) -> tuple[Path, ...]:
    return tuple(path for path in sorted(folder.rglob(pattern)) if not NOT_OURS & set(path.parts))
