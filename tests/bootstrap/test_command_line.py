"""Who acts on the command line is named, whatever the account (R12)."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from sekisho.bootstrap import whose_command
from sekisho.bootstrap.whose_command import accounts_behind, actor_name


def test_the_account_behind_sudo_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "hanako")
    assert actor_name() == "os:hanako"


def test_an_account_without_a_name_is_named_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(getpass, "getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 10001)
    assert actor_name() == "os:uid 10001"


def test_whoever_writes_another_name_into_the_environment_is_named_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUDO_USER", "ben")
    monkeypatch.setattr(getpass, "getuser", lambda: "root")
    monkeypatch.setattr("os.getuid", lambda: 0)
    login = tmp_path / "loginuid"
    monkeypatch.setattr(whose_command, "_LOGIN", login)
    assert accounts_behind() == {"account": "root", "uid": 0, "sudo_user": "ben", "login_uid": None}
    for text, number in (("1001", 1001), ("4294967295", None)):
        login.write_text(text)
        assert accounts_behind()["login_uid"] == number
