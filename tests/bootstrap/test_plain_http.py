"""P2: the plain-http door over real sockets: it redirects pages, refuses programs, and survives nonsense."""

import asyncio
import socket
import threading
import time

import pytest

from sekisho.bootstrap.serving import plain_http
from sekisho.bootstrap.serving.plain_http import PlainHttp
from sekisho.bootstrap.serving.plain_request import Doorway, answer

NAMES = ("login.broker.example", "localhost", "::1")


@pytest.fixture
def door():
    door = PlainHttp("127.0.0.1", 0, Doorway(NAMES, 8443))
    door.start()
    yield door._socket.getsockname()
    door.stop()


def ask(address, sent, more=b""):
    """What comes back, to the end of the connection."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(sent)
        if more:
            time.sleep(0.05)
            connection.sendall(more)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def get(line, *headers, host="Host: localhost:8080"):
    return "\r\n".join([line, *([host] if host else []), *headers, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    "sent, status, location",
    [
        (get("GET / HTTP/1.1"), 308, "https://localhost:8443/"),
        (get("HEAD /login?next=%2Fa&b HTTP/1.1"), 308, "https://localhost:8443/login?next=%2Fa&b"),
        (get("GET /a HTTP/1.0", host="host:LOGIN.broker.EXAMPLE"), 308, "https://login.broker.example:8443/a"),
        (get("GET /a HTTP/1.1", host="Host: [::1]:8080"), 308, "https://[::1]:8443/a"),
        (get("GET //evil.example/ HTTP/1.1"), 308, "https://localhost:8443//evil.example/"),
        (get("GET http://login.broker.example/x HTTP/1.1"), 308, "https://login.broker.example:8443/x"),
        (get("GET http://localhost?x HTTP/1.1"), 308, "https://localhost:8443/?x"),
        (b"GET / HTTP/1.1\nHost: localhost\n\n", 308, "https://localhost:8443/"),
        (get("GET / HTTP/1.1", host="Host: evil.example"), 421, None),
        (get("GET / HTTP/1.1", host="Host: localhost.evil.example"), 421, None),
        (get("GET / HTTP/1.1", host="Host: localhost@evil.example"), 421, None),
        (get("GET http://evil.example/ HTTP/1.1"), 421, None),
        (get("GET http://localhost@evil.example/ HTTP/1.1"), 421, None),
        (get("GET / HTTP/1.1", host="Host: "), 421, None),
        (get("GET / HTTP/1.1", host=None), 400, None),
        (get("GET / HTTP/1.1", "Host: evil.example"), 400, None),
        (get("POST /login HTTP/1.1", "Content-Length: 5") + b"hello", 405, None),
        (get("OPTIONS / HTTP/1.1"), 405, None),
        (get("BREW /pot HTTP/1.1"), 405, None),
        (get("POST /v1/login HTTP/1.1", "Content-Length: 5") + b"hello", 403, None),
        (get("GET /v1 HTTP/1.1"), 403, None),
        (get("GET /v1/session HTTP/1.1"), 403, None),
        (get("GET /v1?x HTTP/1.1"), 403, None),
        (get("GET /%761/session HTTP/1.1"), 403, None),
        (get("GET //v1//session HTTP/1.1"), 403, None),
        (get("GET /a/../v1/session HTTP/1.1"), 403, None),
        (get("GET /V1/session HTTP/1.1"), 403, None),
        (get("GET http://localhost/v1/session HTTP/1.1"), 403, None),
        (get("GET /v10 HTTP/1.1"), 308, "https://localhost:8443/v10"),
        (get("GET /v1/x HTTP/1.1", host="Host: evil.example"), 421, None),
        (get("GET /a b HTTP/1.1"), 400, None),
        (get("GET /a\x7f HTTP/1.1"), 400, None),
        (get("GET /é HTTP/1.1"), 400, None),
        (get("GET / HTTP/2.0"), 400, None),
        (get("GET /"), 400, None),
        (get("GET  / HTTP/1.1"), 400, None),
        (get("G@T / HTTP/1.1"), 400, None),
        (get("CONNECT localhost:443 HTTP/1.1"), 400, None),
        (get("OPTIONS * HTTP/1.1"), 400, None),
        (get("GET / HTTP/1.1", "no colon"), 400, None),
        (get("GET / HTTP/1.1", "Space : x"), 400, None),
        (get("GET / HTTP/1.1", " folded"), 400, None),
        (get("GET / HTTP/1.1", "X: a\x00b"), 400, None),
        (get("GET / HTTP/1.1", "X: a\rSet-Cookie: b"), 400, None),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, None),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400, None),
        (b"\r\n\r\n", 400, None),
        (b"\x00" * 100, 400, None),
        (b"garbage\r\n", 400, None),
        (b"G" * 9000, 431, None),
        (get("GET / HTTP/1.1", "X: " + "a" * 9000), 431, None),
        (get("GET / HTTP/1.1", *["A: b"] * 2000), 431, None),
    ],
)
def test_answers(door, sent, status, location):
    received = ask(door, sent)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert lines[0].startswith(f"HTTP/1.1 {status} ")
    assert headers.get("Location") == location
    assert headers["Connection"] == "close" and headers["X-Content-Type-Options"] == "nosniff"
    assert len(lines) - 1 == len(headers)  # nothing twice
    assert b"evil" not in received or location
    assert "Strict-Transport-Security" not in headers and "Set-Cookie" not in headers
    assert len(body) == (0 if sent.startswith(b"HEAD") else int(headers["Content-Length"]))


def test_the_default_port_is_not_written(door):
    assert Doorway(NAMES, 443).location("localhost", "/") == "https://localhost/"


def test_an_answer_is_read_whole_by_a_client_that_still_sends_its_body(door):
    received = ask(door, get("POST /v1/login HTTP/1.1", "Content-Length: 30000"), more=b"p" * 30000)
    assert received.startswith(b"HTTP/1.1 403 ") and received.endswith(b"change it.\n")


def test_a_request_that_comes_byte_by_byte(door):
    with socket.create_connection(door, timeout=10) as connection:
        for byte in get("GET /a HTTP/1.1"):
            connection.sendall(bytes([byte]))
        assert connection.recv(65536).startswith(b"HTTP/1.1 308 ")


def test_one_connection_one_answer(door):
    assert ask(door, get("GET /a HTTP/1.1") + get("GET /b HTTP/1.1")).count(b"HTTP/1.1") == 1


def test_a_slow_client_is_cut_off(monkeypatch, door):
    monkeypatch.setattr(plain_http, "_HEAD_SECONDS", 0.2)
    with socket.create_connection(door, timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: local")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            while True:
                time.sleep(0.05)
                connection.sendall(b"h")  # talking does not help


def test_a_client_that_sends_without_end_is_cut_off(door):
    with socket.create_connection(door, timeout=10) as connection, pytest.raises((ConnectionResetError, BrokenPipeError)):
        connection.sendall(get("POST / HTTP/1.1"))
        for _ in range(2000):
            connection.sendall(b"x" * 65536)


def test_idle_connections_do_not_keep_others_out(monkeypatch, door):
    monkeypatch.setattr(plain_http, "_MOST_CONNECTIONS", 8)
    idle = [socket.create_connection(door, timeout=20) for _ in range(20)]
    assert ask(door, get("GET / HTTP/1.1")).startswith(b"HTTP/1.1 308 ")
    assert idle[0].recv(1) == b""  # closed, not timed out
    for connection in idle:
        connection.close()


def test_who_stops_it_before_it_listens_ends_it_cleanly(monkeypatch):
    door, reached, faults = PlainHttp("127.0.0.1", 0, Doorway(NAMES, 8443)), threading.Event(), []
    plain = door._loop.create_server

    async def late(*arguments, **options):
        reached.set()
        await asyncio.sleep(0.3)
        return await plain(*arguments, **options)

    monkeypatch.setattr(door._loop, "create_server", late)
    monkeypatch.setattr(threading, "excepthook", faults.append)
    door.start()
    assert reached.wait(20)
    door.stop()
    door._thread.join(20)
    assert faults == [] and not door._thread.is_alive() and door._socket.fileno() == -1


def test_a_taken_port_is_known_at_once_and_stop_frees_it(door):
    with pytest.raises(OSError, match="in use"):
        PlainHttp(*door, Doorway(NAMES, 8443))
    other = PlainHttp("127.0.0.1", 0, Doorway(NAMES, 8443))
    address = other._socket.getsockname()
    other.start()
    waiting = socket.create_connection(address, timeout=20)
    time.sleep(0.05)
    other.stop()
    with pytest.raises(OSError):
        socket.create_connection(address, timeout=20)
    waiting.close()


@pytest.mark.parametrize("blank", [b" ", b"\t"])
def test_a_header_of_blanks_costs_no_more_than_its_length(blank):
    """The door is one thread: as many blanks as a head holds, before a character that may not stand there."""
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX:" + blank * 8_000 + b"\x01\r\n\r\n"
    began = time.process_time()
    assert answer(head, Doorway(NAMES, 8443)).status == 400
    assert time.process_time() - began < 0.05
