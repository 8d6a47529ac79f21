"""What somebody's browser or program calls itself, in a few words for notices, lists and the desk: `Chrome Windows`, `Ginkgo Terminal 3.1`.

A hint for the reader, never a decision: whoever calls chooses these words himself. Browsers are named from two short tables alone, so
nothing that a stranger wrote is shown as a browser; why no larger library: docs/geodata.md.
"""

from __future__ import annotations

import re

from sekisho.web.http.exchange import Headers, single_header

__all__ = ["browser_of", "program_of"]

_READ = 512  # characters of a header
_LONGEST_NAME = 60
# The first that fits names it: every browser claims to be the ones below it.
_BROWSERS = (
    ("LINE", r"\bLine/"),
    ("Edge", r"\bEdgA?(?:iOS)?/"),
    ("Opera", r"\b(?:OPR|OPT)/"),
    ("Vivaldi", r"\bVivaldi/"),
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
# Client hints that come unasked. A browser lists those that it is built on as well, and one that is none.
_BRANDS = (
    ("Edge", "Microsoft Edge"),
    ("Opera", "Opera"),
    ("Brave", "Brave"),
    ("Vivaldi", "Vivaldi"),
    ("Samsung Internet", "Samsung Internet"),
    ("Chrome", "Google Chrome"),
)
_PLATFORMS = {
    "Android": "Android",
    "Chrome OS": "ChromeOS",
    "Chromium OS": "ChromeOS",
    "Linux": "Linux",
    "Windows": "Windows",
    "macOS": "macOS",
}
_BRAND = re.compile(r'"([A-Za-z ]{3,32})";')
_PRODUCT = re.compile(r"([^(/]{1,40})/([0-9A-Za-z.+-]{1,16})")
_UNPRINTABLE = re.compile(r"[^ -~]")


def browser_of(headers: Headers) -> str:
    """Browser and system, by client hints (UA Client Hints, low entropy) where it sends them, else by its user agent.

    At most two proper names, alike in every language; empty when nothing known stands there.
    """
    agent = _read(headers, b"user-agent")
    brands = set(_BRAND.findall(_read(headers, b"sec-ch-ua")))
    platform = _read(headers, b"sec-ch-ua-platform").strip('"')
    browser = next((name for name, brand in _BRANDS if brand in brands), "") or _first(_BROWSERS, agent)
    system = _PLATFORMS.get(platform) or _first(_SYSTEMS, agent)
    return " ".join(name for name in (browser, system) if name)


def program_of(headers: Headers) -> str:
    """A program by its first product with a version (RFC 9110 §10.1.5), else as it names itself; at most 60 printable ASCII characters.

    A browser is named as one.
    """
    agent = _UNPRINTABLE.sub("", _read(headers, b"user-agent")).strip()
    if agent.startswith("Mozilla/"):
        return browser_of(headers)
    product = _PRODUCT.match(agent)
    return f"{product[1].strip()} {product[2]}".strip() if product else agent.partition("(")[0][:_LONGEST_NAME].strip()


def _read(headers: Headers, name: bytes) -> str:
    """Empty when the header is missing or doubled."""
    return (single_header(headers, name) or "")[:_READ]


def _first(kinds: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in kinds if re.search(pattern, text)), "")
