"""The demo as a process: that of the promises."""

from tests.promises.conftest import demo, settings

__all__ = ["demo", "settings"]
