"""P7: one device never looks like two, and two that name themselves differently do."""

from __future__ import annotations

import pytest

from sekisho.domain.sessions.device import other_family


@pytest.mark.parametrize(
    "login, now, other",
    [
        ("Chrome Windows", "Chrome Windows", None),
        ("Chrome Windows", "Firefox Windows", "Firefox Windows"),
        ("Chrome Windows", "Chrome Linux", "Chrome Linux"),
        ("Safari iPhone", "Chrome Android", "Chrome Linux"),
        ("Samsung Internet Android", "Chrome Android", "Chrome Linux"),
        ("Chrome Windows", "", "unnamed"),
        ("Chrome Android", "Chrome Linux", None),  # the desktop form of the page
        ("Safari iPad", "Safari macOS", None),
        ("Brave macOS", "Chrome macOS", None),  # without client hints
        ("", "Firefox Windows", None),  # nothing to compare with
        ("Ginkgo 3.1", "Ginkgo 3.1", None),
    ],
)
def test_another_browser_or_system_is_another_device(login: str, now: str, other: str | None) -> None:
    assert other_family(login, now) == other
