"""Cookies by N48 and ASVS V3.3; forged posts by N46 and R4."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import pytest

from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from sekisho.web.http.cookies import cookie, dropped_cookie, read_cookie
from sekisho.web.http.csrf import Csrf

ORIGIN = "https://portal.example"
SESSION = Secret("s" * 43)


def raw(*lines: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in lines]


def csrf(key: bytes = b"k") -> Csrf:
    return Csrf(lambda value: [hmac.new(key, value.encode(), hashlib.sha256).hexdigest()], frozenset({ORIGIN}))


def test_a_session_cookie_is_bound_to_the_host_and_ends_with_the_browser() -> None:
    assert cookie("session", SESSION, "Strict") == (
        "set-cookie",
        f"__Host-session={'s' * 43}; Path=/; Secure; HttpOnly; SameSite=Strict",
    )


def test_a_known_client_outlives_the_browser() -> None:
    assert cookie("client", "abc", keep=timedelta(days=90))[1].endswith("SameSite=Lax; Max-Age=7776000")
    assert dropped_cookie("client")[1].startswith("__Host-client=; Path=/; Secure") and "Max-Age=0" in dropped_cookie("client")[1]


@pytest.mark.parametrize(
    ("name", "value"), [("session", "a;b"), ("session", ""), ("session", "a\r\nx"), ("Session", "a"), ("session", "x" * 1025)]
)
def test_a_cookie_that_would_not_come_back_as_sent_is_an_error(name: str, value: str) -> None:
    with pytest.raises(ValueError):
        cookie(name, value)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["__Host-session=abc"], "abc"),
        (["a=b; __Host-session=abc; c=d"], "abc"),
        (["a=b", "__Host-session=abc"], "abc"),
        ([], None),
        (["session=abc"], None),
        (["__host-session=abc"], None),
        (["__Host-session=abc; __Host-session=abc"], None),
        (["__Host-session=abc", "__Host-session=def"], None),
        (["__Host-session="], None),
        (["__Host-session"], None),
        (['__Host-session="abc"'], None),
        (["__Host-session=a b"], None),
        (["__Host-session=" + "a" * 1025], None),
    ],
)
def test_a_cookie_is_read_strictly(lines: list[str], expected: str | None) -> None:
    found = read_cookie(raw(*(("cookie", line) for line in lines)), "session")
    assert (found.reveal() if found else None) == expected


@pytest.mark.parametrize(
    ("headers", "admitted"),
    [
        ([], True),
        ([("origin", ORIGIN)], True),
        ([("origin", ORIGIN), ("sec-fetch-site", "same-origin")], True),
        ([("sec-fetch-site", "none")], True),
        ([("sec-fetch-site", "cross-site")], False),
        ([("sec-fetch-site", "same-site")], False),
        ([("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")], False),
        ([("origin", "null")], False),
        ([("origin", "https://evil.example")], False),
        ([("origin", "http://portal.example")], False),
        ([("origin", ORIGIN), ("origin", ORIGIN)], False),
        ([("origin", ORIGIN), ("sec-fetch-site", "cross-site")], False),
    ],
)
def test_another_site_is_refused_even_with_the_token(headers: list[tuple[str, str]], admitted: bool) -> None:
    assert csrf().valid(raw(*headers), csrf().token(SESSION), SESSION) is admitted


def test_a_token_holds_for_its_own_cookie_and_key_only() -> None:
    token = csrf().token(SESSION)
    assert csrf().valid([], token, SESSION)
    assert not csrf().valid([], token, Secret("t" * 43))
    assert not csrf().valid([], token, None)
    assert not csrf(b"other").valid([], token, SESSION)
    assert csrf().token(SESSION) != token


@pytest.mark.parametrize("token", ["", ".", "é" * 40, "a" * 20 + "." + "b" * 64, "x" * 5000])
def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(SekishoError) as caught:
        csrf().check([], token, SESSION)
    assert caught.value.kind is Kind.FORBIDDEN
