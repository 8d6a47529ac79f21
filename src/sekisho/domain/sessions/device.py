"""Which browser and system a session is used by: coarse, so that one device never looks like two (P7: theft of sessions).

What a browser calls itself is `Chrome Windows`. A new version is no other device, nor is the desktop form of a page on a phone or tablet,
which names a desktop system; Brave and Vivaldi call themselves Chrome wherever they send no client hints.
"""

from __future__ import annotations

__all__ = ["device_family", "other_family"]

_SYSTEMS = {
    "Windows": "Windows", "macOS": "Apple", "iPhone": "Apple", "iPad": "Apple",
    "Linux": "Linux", "Android": "Linux", "ChromeOS": "Linux",
}  # fmt: skip
_BROWSERS = {"Brave": "Chrome", "Vivaldi": "Chrome"}
_UNNAMED = "unnamed"


def device_family(program: str) -> str:
    """program: as `browser_of` tells it; empty where no browser is known."""
    browser, _, last = program.rpartition(" ")
    if last not in _SYSTEMS:
        browser, last = program, ""
    words = (_BROWSERS.get(browser, browser), _SYSTEMS.get(last, ""))
    return " ".join(word for word in words if word) or _UNNAMED


def other_family(program: str, other: str) -> str | None:
    """The family of `other`, where it is none of `program`'s. Where the first is not known nothing can be said."""
    if program == other or not program:  # nearly always
        return None
    family = device_family(other)
    return None if family == device_family(program) else family
