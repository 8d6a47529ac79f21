"""The demo as a process, and a browser: those of the promises."""

from tests.promises.conftest import browser, demo, settings

__all__ = ["browser", "demo", "settings"]
