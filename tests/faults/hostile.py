"""Requests that no honest client sends, as the bytes that go over the wire, and what may be answered."""

from __future__ import annotations

import json
import re
import socket
import ssl
from dataclasses import dataclass

from tests.faults.processes import Brokerage

__all__ = ["HTTP1", "HTTP2", "Hostile", "fine_requests", "talk"]

ANY = frozenset(range(400, 500)) | {100, 200, 303, 308}
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")
JSON_HEAD = b"Content-Type: application/json\r\n"
FORM_HEAD = b"Content-Type: application/x-www-form-urlencoded\r\n"
_WRONG = {"username": "nobody.knows", "password": "not a password", "channel": "api"}


@dataclass(frozen=True, slots=True)
class Hostile:
    """statuses: allowed answers; none at all (a closed connection) is allowed where `silent`. waits: seconds for an answer."""

    name: str
    wire: bytes
    statuses: frozenset[int]
    silent: bool = False
    waits: float = 5.0


def talk(house: Brokerage, wire: bytes, waits: float = 5.0, protocol: str = "http/1.1") -> bytes:
    """What comes back until the server closes, or says no more for so long."""
    context = house.trust
    context.set_alpn_protocols([protocol])
    answer = b""
    try:
        with (
            socket.create_connection(("127.0.0.1", house.https), 5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            connection.settimeout(waits)
            connection.sendall(wire)
            while part := connection.recv(65536):
                answer += part
    except (OSError, ssl.SSLError):
        pass
    return answer


def statuses_of(answer: bytes) -> list[int]:
    return [int(found) for found in _STATUS.findall(answer)]


def _get(target: bytes, more: bytes = b"") -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more + b"\r\n"


def _post(target: bytes, body: bytes, more: bytes = JSON_HEAD, length: bytes | None = None) -> bytes:
    size = length if length is not None else str(len(body)).encode()
    head = b"POST " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more
    return head + (b"Content-Length: " + size + b"\r\n" if size else b"") + b"\r\n" + body


def _login(**changed: object) -> bytes:
    return _post(b"/v1/login", json.dumps({**_WRONG, **changed}).encode())


def _chunked(*chunks: bytes) -> bytes:
    parts = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return _post(b"/v1/login", parts + b"0\r\n\r\n", JSON_HEAD + b"Transfer-Encoding: chunked\r\n", b"")


def fine_requests() -> list[bytes]:
    """Good ones, to be spoilt at random."""
    form = FORM_HEAD + b"Cookie: __Host-gate=AAAAAAAAAAAAAAAAAAAAAAAA; __Host-language=ja\r\n"
    bearer = b"Authorization: Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
    return [
        _get(b"/login", b"Accept-Language: ja,en;q=0.5\r\n"),
        _get(b"/v1/session", bearer),
        _get(b"/login/code?sent=1", form),
        _post(b"/v1/login/AAAAAAAAAAAAAAAAAAAAAAAA/verify", b'{"factor":"security_code","code":"123456"}'),
        _post(b"/v1/login/AAAAAAAAAAAAAAAAAAAAAAAA/security-code", b"{}"),
        _post(b"/login", b"csrf=a.b&username=nobody.knows&password=x", form),
        _chunked(json.dumps({**_WRONG, "username": "x"}).encode()),
    ]


def _only(*statuses: int) -> frozenset[int]:
    return frozenset(statuses)


HTTP1 = [
    Hostile("half a request line", b"GET /log", ANY, True, 0.3),
    Hostile("half a head", b"GET /login HTTP/1.1\r\nHost: local", ANY, True, 0.3),
    Hostile("half a body", _post(b"/v1/login", b'{"username": "a', length=b"500"), ANY, True, 0.3),
    Hostile("nothing but noise", bytes(range(256)) * 8, ANY, True, 1),
    Hostile("plain text", b"hello\r\n\r\n", ANY, True, 1),
    Hostile("a header of 200 KiB", _get(b"/login", b"X-Long: " + b"a" * 200_000 + b"\r\n"), _only(400, 431), True),
    Hostile("a head of 20 KiB", _get(b"/login", b"X-Long: " + b"a" * 20_000 + b"\r\n"), _only(431)),
    Hostile("3,000 headers", _get(b"/login", b"X-Many: 1\r\n" * 3000), _only(400, 431), True),
    Hostile("a long target", _get(b"/login?" + b"a" * 10_000), _only(414)),
    Hostile("a very long target", _get(b"/" + b"a" * 100_000), _only(400, 414, 431), True),
    Hostile("no host", b"GET /login HTTP/1.1\r\nConnection: close\r\n\r\n", _only(400, 421)),
    Hostile("another host", b"GET /login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", _only(421)),
    Hostile("two hosts", _get(b"/login", b"Host: evil.example\r\n"), _only(400, 421)),
    Hostile("raw bytes in the path", _get(b"/\xff\xfe\xc3"), _only(400, 404), True),
    Hostile("encoded bytes in the path", _get(b"/%ff%fe%00%0d%0aX:1"), _only(400, 404)),
    Hostile("up and out", _get(b"/static/..%2f..%2f../etc/passwd"), _only(400, 404)),
    Hostile("a NUL in a header", _get(b"/login", b"X-Nul: a\x00b\r\n"), _only(400), True),
    Hostile("a bare line feed in the agent", _get(b"/login", b"User-Agent: a\nX-Two: b\r\n"), ANY, True),
    Hostile("a folded agent", _get(b"/login", b"User-Agent: a\r\n b\r\n"), ANY, True),
    Hostile("control characters in the agent", _login().replace(b"Host:", b"User-Agent: \x1b[31mred\x07\t\x7f\r\nHost:"), ANY, True),
    Hostile("an agent that is no UTF-8", _login().replace(b"Host:", b"User-Agent: \xff\xfe\xe2\x80\xa8 x\r\nHost:"), _only(401)),
    Hostile("an agent of 10 KiB", _login().replace(b"Host:", b"User-Agent: " + b"u" * 10_000 + b"\r\nHost:"), _only(401)),
    Hostile("an unknown method", b"BREW" + _get(b"/login")[3:], _only(405, 501, 400)),
    Hostile("a method of 5,000 letters", b"A" * 5000 + _get(b"/login")[3:], ANY, True),
    Hostile("TRACE", b"TRACE" + _get(b"/login")[3:], _only(405, 400)),
    Hostile("CONNECT", b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n", ANY, True),
    Hostile("OPTIONS of all", b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", ANY),
    Hostile("a whole URL as target", _get(b"https://evil.example/login"), ANY, True),
    Hostile("another version", b"GET /login HTTP/7.3\r\nHost: localhost\r\n\r\n", ANY, True, 1),
    Hostile("HTTP/0.9", b"GET /login\r\n", ANY, True, 0.3),
    Hostile("an upgrade", _get(b"/login", b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAA\r\n"), ANY),
    Hostile("two lengths", _post(b"/v1/login", b"{}", JSON_HEAD + b"Content-Length: 3\r\n"), _only(400), True),
    Hostile("length and chunks", _chunked(b"{}").replace(b"Transfer", b"Content-Length: 4\r\nTransfer"), ANY, True),
    Hostile("a negative length", _post(b"/v1/login", b"{}", length=b"-1"), _only(400), True),
    Hostile("a length beyond all", _post(b"/v1/login", b"{}", length=b"9" * 30), _only(400, 413), True),
    Hostile("10 GB announced", _post(b"/v1/login", b"{", length=b"10000000000"), _only(413)),
    Hostile("1 MiB sent", _login(password="x" * 1_000_000), _only(413), True),
    Hostile("1 MiB in chunks", _chunked(*[b"x" * 16_384] * 64), _only(413), True),
    Hostile("broken chunks", _chunked(b"{}").replace(b"2\r\n{}", b"zz\r\n{}"), ANY, True),
    Hostile("chunks without end", _chunked(b"{")[:-5], ANY, True, 0.5),
    Hostile("an expectation", _post(b"/v1/login", b"", JSON_HEAD + b"Expect: 100-continue\r\n", b"20"), ANY, True, 0.5),
    Hostile("no JSON", _post(b"/v1/login", b"\xff{"), _only(400)),
    Hostile("JSON in UTF-16", _post(b"/v1/login", json.dumps(_WRONG).encode("utf-16")), _only(400)),
    Hostile("JSON 30,000 deep", _post(b"/v1/login", b"[" * 30_000), _only(400, 422)),
    Hostile("objects 5,000 deep", _post(b"/v1/login", b'{"a":' * 5000), _only(400, 422)),
    Hostile("JSON as a form", _post(b"/v1/login", b"{}", FORM_HEAD), _only(415)),
    Hostile("JSON without a type", _post(b"/v1/login", b"{}", b""), _only(415)),
    Hostile("a type of noise", _post(b"/v1/login", b"{}", b"Content-Type: \xff;;;=\r\n"), _only(415, 400)),
    Hostile("packed JSON", _post(b"/v1/login", b"\x1f\x8b\x08", JSON_HEAD + b"Content-Encoding: gzip\r\n"), _only(400, 415)),
    Hostile("a name with line ends", _login(username='a\r\n{"level": "info"}\u2028'), _only(400, 422)),
    Hostile("a name with NUL and escape", _login(username="a\x00\x1b]0;x\x07"), _only(400, 422)),
    Hostile("half a surrogate", _post(b"/v1/login", json.dumps(_WRONG).encode().replace(b"nobody", b"\\ud800")), _only(400, 401, 422)),
    Hostile("a password of half surrogates", _login(password="\ud800" * 12), _only(400, 401, 422)),
    Hostile("a channel of noise", _login(channel="\u202e" * 64), _only(422)),
    Hostile("a number for a name", _post(b"/v1/login", b'{"username":1e999,"password":"x","channel":"api"}'), _only(400, 422)),
    Hostile("a login of noise", _post(b"/v1/login/%00%ff%0a/verify", b'{"factor":"security_code","code":"123456"}'), ANY),
    Hostile("a bearer of noise", _get(b"/v1/session", b"Authorization: Bearer \xff\xfe\x01 x\r\n"), ANY, True),
    Hostile("a bearer of 10 KiB", _get(b"/v1/session", b"Authorization: Bearer " + b"A" * 10_000 + b"\r\n"), _only(401)),
    Hostile("cookies of noise", _get(b"/login/code", b"Cookie: __Host-gate=\xff;;=; __Host-gate=b; a\r\n"), ANY),
    Hostile("a language of noise", _get(b"/login", b"Accept-Language: " + b"x-;q=9," * 900 + b"\xff\r\n"), _only(200, 400)),
    Hostile("a form of noise", _post(b"/login", b"csrf=%zz&username=%00&username=%ff", FORM_HEAD), ANY),
    Hostile("a form in parts", _post(b"/login", b"--x\r\n\r\n", b"Content-Type: multipart/form-data; boundary=x\r\n"), _only(415)),
]  # fmt: skip


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """RFC 9113 §4.1."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


_OPENING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, b"")
_GET_LOGIN = b"\x82\x87\x44\x06/login\x41\x09localhost"  # HPACK: GET, https, the path, the authority
HTTP2 = {
    "a good request": _OPENING + _frame(1, 5, 1, _GET_LOGIN),
    "no opening": b"\x00" * 64,
    "an opening and noise": _OPENING + bytes(range(256)) * 4,
    "data without a stream": _OPENING + _frame(0, 0, 0, b"x"),
    "an even stream": _OPENING + _frame(1, 5, 2, _GET_LOGIN),
    "a broken head": _OPENING + _frame(1, 5, 1, b"\x80\xff\xff\xff\xff\xff"),
    "capitals in a name": _OPENING + _frame(1, 5, 1, _GET_LOGIN + b"\x00\x01X\x01y"),
    "no path": _OPENING + _frame(1, 5, 1, b"\x82\x87\x41\x09localhost"),
    "a line end in a value": _OPENING + _frame(1, 5, 1, _GET_LOGIN + b"\x00\x01x\x04a\r\nb"),
    "a window of nothing": _OPENING + _frame(8, 0, 0, b"\x00" * 4),
    "a frame beyond all": _OPENING + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",
    "a head that never ends": _OPENING + _frame(1, 1, 1, _GET_LOGIN) + _frame(9, 0, 1, b"\x00\x01x\x01y") * 20_000,
    "2,000 streams taken back": _OPENING
    + b"".join(_frame(1, 5, n, _GET_LOGIN) + _frame(3, 0, n, b"\x00\x00\x00\x08") for n in range(1, 4000, 2)),
    "2,000 pings": _OPENING + _frame(6, 0, 0, b"12345678") * 2000,
    "2,000 settings": _OPENING + _frame(4, 0, 0, b"") * 2000,
}
