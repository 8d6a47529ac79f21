"""Opens the house for one command of the command line."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from sekisho.bootstrap.house import House
from sekisho.bootstrap.house import open_house as open_with
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.settings import SettingsError, load_settings

__all__ = ["actor_name", "monitoring_policy", "open_house"]


def open_house(config: Path | None) -> House:
    """The house of these settings; use it with `with`, so that it is closed."""
    return open_with(load_settings(config).settings)


def monitoring_policy(config: Path | None) -> MonitoringPolicy:
    """That of these settings; where no file is named and there are none yet, the standard one."""
    try:
        return load_settings(config).settings.monitoring
    except SettingsError:
        if config is not None:
            raise
        return MonitoringPolicy()


def actor_name() -> str:
    """Who acts on the command line: the account of the operating system, named in the audit (R12)."""
    return f"os:{os.environ.get('SUDO_USER') or _own_name()}"[:64]


def _own_name() -> str:
    """The account's name; its number where it has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
