"""Who runs a command, as far as the operating system tells: its account, the one that called sudo, and the one that logged in (R12).

`SUDO_USER` is a word of the environment: root, and whoever runs as the service's account, can write anybody there. The number of the
login is the kernel's, goes along through su and sudo, and root alone can change it.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

from sekisho.kernel.events import Fact

__all__ = ["accounts_behind", "actor_name"]

_LOGIN = Path("/proc/self/loginuid")
_NOBODY = 2**32 - 1  # no login, as in a service or a container


def actor_name() -> str:
    """The account that is named as the actor: the one behind sudo, else the command's own."""
    return f"os:{os.environ.get('SUDO_USER') or _own_name()}"[:64]


def accounts_behind() -> Mapping[str, Fact]:
    """For the audit: so that one person in two names is found there."""
    return {"account": _own_name(), "uid": os.getuid(), "sudo_user": os.environ.get("SUDO_USER", "")[:64], "login_uid": _login_uid()}


def _own_name() -> str:
    """The account's name; its number where it has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _login_uid() -> int | None:
    try:
        number = int(_LOGIN.read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if number == _NOBODY else number
