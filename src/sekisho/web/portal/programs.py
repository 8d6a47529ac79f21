"""A browser in a few words, for notices and lists: `Chrome Windows`. A hint for the reader, never a decision."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["program_of"]

# The first that fits names it: every browser claims to be the ones below it.
_BROWSERS = (
    ("Edge", r"\bEdgA?(?:iOS)?/"),
    ("Opera", r"\bOPR/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Chrome|CriOS|HeadlessChrome)/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows NT\b"),
    ("macOS", r"\bMac OS X\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b"),
)


def program_of(user_agents: Sequence[str]) -> str:
    """At most two proper names, alike in every language; empty when the header is missing, doubled or unknown."""
    text = user_agents[0][:512] if len(user_agents) == 1 else ""
    named = [next((name for name, pattern in kinds if re.search(pattern, text)), "") for kinds in (_BROWSERS, _SYSTEMS)]
    return " ".join(name for name in named if name)
