"""One word per thing (DESIGN §3): nobody is a "user", and no class is named for being a class."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.tree import SOURCE, python_files, shown, tree_of

EMPTY_WORDS = {"manager", "managers", "helper", "helpers", "util", "utils", "service", "services", "base", "impl"}
# Names of others, which we must write as they do: WebAuthn's flag, the HTTP header and the client hints of the same name,
# and the `user` of a PostgreSQL connection or of the operating system.
NAMES_OF_OTHERS = re.compile(r"user_verification|user_verified|user_agent|user_present|os_user|database_user", re.IGNORECASE)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> list[str]:
    """The words of a name in snake_case or CamelCase, in lower case."""
    return [word.lower() for word in WORD.findall(name)]


def defined_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names that a module gives: classes, functions, arguments, variables, attributes, imports under another name."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield node.lineno, name


def names_a_user(name: str) -> bool:
    return bool({"user", "users"} & set(words(NAMES_OF_OTHERS.sub("", name))))


def test_nobody_is_a_user() -> None:
    found = [
        f"{shown(path)}:{line} {name}" for path in python_files("src") for line, name in defined_names(tree_of(path)) if names_a_user(name)
    ]
    assert found == []
    assert [shown(path) for path in SOURCE.rglob("*") if names_a_user(path.stem)] == []


def test_no_class_or_module_has_an_empty_name() -> None:
    classes = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in python_files("src", "scripts", "bench")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and EMPTY_WORDS & set(words(node.name))
    ]
    assert classes == []
    assert [shown(path) for path in python_files() if EMPTY_WORDS & set(words(path.stem) + words(path.parent.name))] == []


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("user", True),
        ("user_id", True),
        ("UserRow", True),
        ("allUsers", True),
        ("username", False),  # the word of the page: "unique username and password"
        ("user_agent", False),
        ("require_user_verification", False),
        ("user_agent_of_user", True),
    ],
)
def test_what_counts_as_naming_a_user(name: str, refused: bool) -> None:
    assert names_a_user(name) is refused


@pytest.mark.parametrize(("name", "empty"), [("HTTPManager", True), ("SessionUtils", True), ("Database", False), ("BaseStore", True)])
def test_what_counts_as_an_empty_name(name: str, empty: bool) -> None:
    assert bool(EMPTY_WORDS & set(words(name))) is empty


def test_names_are_found_wherever_they_are_given() -> None:
    source = "import a as b\nclass C:\n    def d(self, e, *f, g=1): h = self.i = 2\ntry: pass\nexcept X as j: pass\nfor k in l: pass"
    assert {name for _, name in defined_names(ast.parse(source))} == {"b", "C", "d", "self", "e", "f", "g", "h", "i", "j", "k"}
