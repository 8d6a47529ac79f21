"""An answer that is there before the end of its request's body: the rest is read, or the connection is said to end (RFC 9112 §9.6)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from sekisho.web.http import unread
from sekisho.web.http.unread import UnreadBodies

LARGEST = 1000


async def refuse_unread(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("no", 401, {"connection": "keep-alive"})(scope, receive, send)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


def ask(app: Any, headers: list[tuple[bytes, bytes]], pieces: list[bytes], stalls: bool = False, version: str = "1.1") -> tuple[Any, int]:
    """The `Connection` header of the answer, and how many pieces of the body are left unread."""
    left, seen = list(pieces), []
    scope = {"type": "http", "http_version": version, "method": "POST", "path": "/", "query_string": b"", "headers": headers}

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left) or stalls}

    async def send(message: dict[str, Any]) -> None:
        seen.extend(value for name, value in message.get("headers", ()) if name == b"connection")

    asyncio.run(UnreadBodies(app, LARGEST)(scope, receive, send))
    assert len(seen) <= 1
    return (seen[0] if seen else None), len(left)


def length(size: int) -> list[tuple[bytes, bytes]]:
    return [(b"content-length", str(size).encode())]


CHUNKED = [(b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize(("headers", "pieces"), [(length(300), [b"x" * 100] * 3), (CHUNKED, [b"x" * 100] * 10), (length(2), [b"{}"])])
def test_what_nobody_read_is_read_to_its_end(headers: list[tuple[bytes, bytes]], pieces: list[bytes]) -> None:
    assert ask(refuse_unread, headers, pieces) == (b"keep-alive", 0)


def test_what_was_read_is_left_alone() -> None:
    assert ask(echo, length(300), [b"x" * 100] * 3) == (None, 0)


def test_a_request_without_a_body_waits_for_nothing() -> None:
    assert ask(refuse_unread, [], []) == ask(refuse_unread, length(0), []) == (b"keep-alive", 0)


def test_too_much_ends_the_connection_and_is_not_read() -> None:
    assert ask(refuse_unread, length(LARGEST + 1), [b"x" * 100] * 11) == (b"close", 11)
    connection, left = ask(refuse_unread, CHUNKED, [b"x" * 100] * 50)
    assert (connection, left) == (b"close", 50 - LARGEST // 100 - 1)


def test_a_body_that_stalls_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "PATIENCE", 0.05)
    assert ask(refuse_unread, length(300), [b"x" * 100], stalls=True) == (b"close", 0)


def test_http_2_knows_no_such_header() -> None:
    assert ask(refuse_unread, length(LARGEST + 1), [b"x"], version="2") == (b"keep-alive", 1)
