"""The floors of the house (DESIGN §2, Direction): the contracts of pyproject.toml hold, and they cover every part that exists."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import Any

import pytest

from tests.architecture.tree import ROOT, SOURCE

CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def contract(name: str) -> dict[str, Any]:
    return next(found for found in CONTRACTS if found["name"].startswith(name))


def parts(folder: str) -> set[str]:
    """The packages and modules right below a package."""
    return {path.stem for path in (SOURCE / folder).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()} - {"__init__"}


def layers_of(name: str) -> set[str]:
    return {part.strip(" ()") for layer in contract(name)["layers"] for part in layer.replace("|", ":").split(":")}


def test_the_contracts_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    outcome = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in outcome.stdout


def test_every_floor_stands_in_a_contract() -> None:
    assert parts("") <= layers_of("Direction")


def test_every_door_stands_in_a_contract() -> None:
    assert parts("web") <= layers_of("Doors")


def test_every_package_of_the_domain_stands_in_a_contract() -> None:
    """The contract names them all by a wildcard, which sees packages; so a folder without `__init__.py` would escape it."""
    assert contract("Packages of the domain")["modules"] == ["sekisho.domain.*"]
    folders = {path.name for path in (SOURCE / "domain").iterdir() if any(path.glob("*.py"))}
    assert folders == parts("domain") != set()


def test_nothing_is_excused() -> None:
    assert [found["name"] for found in CONTRACTS if found.get("ignore_imports") or found.get("exhaustive_ignores")] == []


@pytest.mark.parametrize("reader", ["cli", "demo", "bootstrap", "web", "adapters"])
def test_the_domain_stands_below_its_readers(reader: str) -> None:
    layers = contract("Direction")["layers"]
    above = next(at for at, layer in enumerate(layers) if reader in layer)
    assert above < layers.index("flows") < layers.index("texts") < layers.index("domain") < layers.index("kernel")
