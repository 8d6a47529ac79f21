"""Opens the house for one command of the command line."""

from __future__ import annotations

from pathlib import Path

from sekisho.bootstrap.house import House
from sekisho.bootstrap.house import open_house as open_with
from sekisho.bootstrap.whose_command import actor_name
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
