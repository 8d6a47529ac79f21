"""Who acts on the command line is named, whatever the account (R12)."""

from __future__ import annotations

import getpass

import pytest

from sekisho.bootstrap.command_line import actor_name


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
