"""The demo's folder: marked, private, its own for ever (R9, R15)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sekisho.bootstrap.serving.folder_lock import hold_folder
from sekisho.demo.folder import DemoFolder, Ports, hold_demo_folder
from sekisho.demo.people import PEOPLE, Begins
from sekisho.kernel.errors import SekishoError
from sekisho.settings import load_settings

PORTS = Ports(https=8443, http=8080, metrics=0)
TODAY = date(2026, 11, 1)


def prepared(root: Path) -> DemoFolder:
    with hold_demo_folder(root) as folder:
        folder.prepare(PORTS, TODAY)
    return folder


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "demo")
    assert folder.root.stat().st_mode & 0o777 == 0o700
    public = {"DEMO", "audit.key.pub"}
    open_to_others = [path.name for path in folder.root.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert set(open_to_others) <= public


@pytest.mark.parametrize("inner", ["", "data"])
def test_serve_refuses_it(tmp_path: Path, inner: str) -> None:
    folder = prepared(tmp_path / "demo")
    with pytest.raises(SekishoError, match="folder of the demo"), hold_folder(folder.root / inner, demo=False):
        pass


def test_a_folder_with_anything_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "customers.db").write_text("precious")
    with pytest.raises(SekishoError, match="not empty"), hold_demo_folder(tmp_path):
        pass


def test_its_settings_stand_for_themselves(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "demo")
    settings = load_settings(folder.settings, environment={}).settings
    assert settings.server.https_address == "127.0.0.1"
    assert settings.server.data_folder == folder.data
    assert settings.audit.heads_file == folder.heads
    assert settings.firm.phishing_resistant_from is not None and settings.firm.phishing_resistant_from > TODAY


def test_passwords_are_drawn_once_and_differ_between_folders(tmp_path: Path) -> None:
    one, other = prepared(tmp_path / "one"), prepared(tmp_path / "other")
    first = one.kept()
    prepared(tmp_path / "one")
    assert one.kept() == first
    assert set(first.passwords) == {person.username for person in PEOPLE if person.begins is not Begins.NOT_ACTIVATED}
    assert not set(first.passwords.values()) & set(other.kept().passwords.values())
    assert first.broker_api_key == ""  # issued when the house is peopled
    assert all(len(password) >= 12 for password in first.passwords.values())
