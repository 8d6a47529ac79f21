"""What browsers and programs call themselves, as notices and lists show it: from short tables, and nothing else of a stranger's words."""

from __future__ import annotations

import time

import pytest

from sekisho.web.http.programs import browser_of, program_of

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


def headers(agent: str, brands: str = "", platform: str = "") -> list[tuple[bytes, bytes]]:
    told = {b"user-agent": agent, b"sec-ch-ua": brands, b"sec-ch-ua-platform": platform}
    return [(name, value.encode("latin-1")) for name, value in told.items() if value]


@pytest.mark.parametrize(
    "agent, shown",
    [
        (WINDOWS, "Chrome Windows"),
        (f"{WINDOWS} Edg/140.0.0.0", "Edge Windows"),
        (f"{WINDOWS} OPR/120.0.0.0", "Opera Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox Linux"),
        (f"{IPHONE} Version/18.6 Mobile/15E148 Safari/604.1", "Safari iPhone"),
        (f"{IPHONE} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1", "Chrome iPhone"),
        (f"{IPHONE} Mobile/15E148 Safari Line/15.13.0", "LINE iPhone"),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome Android"),
        ("Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130 Safari/537.36", "Samsung Internet Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.6 Safari/605.1.15", "Safari macOS"),
        ("call 0120-999-999 at https://evil.example", ""),
        ("", ""),
    ],
)
def test_a_browser_by_its_user_agent(agent: str, shown: str) -> None:
    assert browser_of(headers(agent)) == shown


@pytest.mark.parametrize(
    "brands, platform, shown",
    [
        ('"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"', '"Windows"', "Chrome Windows"),
        ('"Not;A=Brand";v="99", "Microsoft Edge";v="139", "Chromium";v="139"', '"Windows"', "Edge Windows"),
        ('"Brave";v="140", "Chromium";v="140", "Not A Brand";v="8"', '"macOS"', "Brave macOS"),
        ('"Google Chrome";v="140", "Chromium";v="140"', '"Chrome OS"', "Chrome ChromeOS"),
        ('"Chromium";v="140"', '"Unknown"', "Chrome Windows"),  # what no table knows is left to the user agent
        ('"Call 0120 999 999";v="1", "evil.example";v="2"', '"https://evil.example"', "Chrome Windows"),
        ('"Google Chrome', '"', "Chrome Windows"),
        ('"' * 10_000, "\\" * 10_000, "Chrome Windows"),
    ],
)
def test_client_hints_go_before_the_user_agent(brands: str, platform: str, shown: str) -> None:
    assert browser_of(headers(WINDOWS, brands, platform)) == shown


def test_a_doubled_header_says_nothing() -> None:
    assert browser_of(headers(WINDOWS) * 2) == ""
    assert program_of(headers("Ginkgo/1.0") * 2) == ""


@pytest.mark.parametrize(
    "agent, shown",
    [
        ("Ginkgo/3.1", "Ginkgo 3.1"),
        ("Ginkgo Terminal/3.1 (Windows 11) python-httpx/0.28", "Ginkgo Terminal 3.1"),
        ("curl/8.14.1", "curl 8.14.1"),
        ("own script", "own script"),
        ("own script (call me)", "own script"),
        (WINDOWS, "Chrome Windows"),
        ("Ging\x1b[31mko\r\n/1", "Ging[31mko 1"),
        ("x" * 400, "x" * 60),
        ("/", "/"),
        ("", ""),
    ],
)
def test_a_program_by_its_product(agent: str, shown: str) -> None:
    """RFC 9110 §10.1.5: name and version; comments and what it is built on are left out."""
    assert program_of(headers(agent)) == shown


def test_no_header_keeps_the_door_busy() -> None:
    """The words are a stranger's, read at every request: no pattern may take long on them."""
    began = time.process_time()
    for text in ("a" * 100_000, "Mozilla/5.0 " + "Mac OS " * 20_000, '"a";' * 30_000, "x/" * 50_000):
        browser_of(headers(text, text, text))
        program_of(headers(text))
    assert time.process_time() - began < 2
