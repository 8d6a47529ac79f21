"""What must not stand in the repository: places of one machine, where packages were fetched, unfinished work."""

from __future__ import annotations

import json
import re

import pytest

from tests.architecture.tree import ROOT, SOURCE, python_files, script_files, shown

UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|Users|home/\w+)/")

LOCKS = ("core.lock", "dev.lock")


@pytest.mark.parametrize("fault", [UNFINISHED, MACHINE], ids=["unfinished", "machine"])
def test_sources_are_finished_and_fit_any_machine(fault: re.Pattern[str]) -> None:
    paths = [*python_files(), *script_files(), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.css"), *(ROOT / "scripts").glob("*.sh")]
    found = [
        f"{shown(path)}:{number} {line.strip()}"
        for path in paths
        if "node_modules" not in path.parts and path.name != "test_words.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if fault.search(line)
    ]
    assert found == []


def test_lock_files_name_versions_and_hashes_but_no_place() -> None:
    locks = sorted((ROOT / "requirements").glob("*.lock"))
    assert [lock.name for lock in locks] == ["bench.lock", "core.lock", "dev.lock", "ezrules.lock", "node.lock"]
    for lock in locks:
        pins = re.findall(r"^[a-z0-9](?:[^\n\\]|\\\n)*", lock.read_text(), re.MULTILINE)
        assert pins
        assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []
        assert "://" not in lock.read_text()


@pytest.mark.parametrize("folder", ["", "scripts/chromium"])
def test_the_npm_lock_names_hashes_but_no_place(folder: str) -> None:
    packages = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if name and ("resolved" in package or "integrity" not in package)] == []


def test_the_core_lock_agrees_with_the_development_lock() -> None:
    pins = {name: set(re.findall(r"^([a-z0-9.-]+==[^ ]+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE)) for name in LOCKS}
    assert pins["core.lock"] < pins["dev.lock"]
    assert len(pins["core.lock"]) < 60
