"""A fake SMS gateway: a real HTTP server on loopback that answers well, badly, late or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FakeSmsGateway:
    """mode: ok · 500 · 400 · 429 · 302 · hang (no answer) · cut (closed amid the answer) · slow (a byte at a time).

    received: (headers with lower-case names, body) of each request, in order. delivered: texts by idempotency key, as a provider
    that heeds the key would keep them.
    """

    url: str = ""
    mode: str = "ok"
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    delivered: dict[str, bytes] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)


@contextmanager
def fake_sms_gateway() -> Iterator[FakeSmsGateway]:
    gateway = FakeSmsGateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # the sender died amid the message: no gateway takes the half of it
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            gateway.received.append((headers, body))
            _answer(self, gateway, headers.get("idempotency-key", ""), body)

        def log_message(self, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}/v1/messages?account=hakone"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    serving.start()
    try:
        yield gateway
    finally:
        gateway.closing.set()
        server.shutdown()
        server.server_close()
        serving.join()


def _answer(handler: BaseHTTPRequestHandler, gateway: FakeSmsGateway, key: str, body: bytes) -> None:
    match gateway.mode:
        case "ok":
            gateway.delivered.setdefault(key, body)
            _write(handler, 201, b'{"id": "SM0042"}')
        case "echo":
            _write(handler, 200, body)
        case "429":
            _write(handler, 429, b"{}", {"Retry-After": "30"})
        case "302":
            _write(handler, 302, b"", {"Location": gateway.url})
        case "hang":
            gateway.closing.wait(20)
        case "cut":
            gateway.delivered.setdefault(key, body)
            handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
            handler.close_connection = True
        case "slow":
            handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 10000\r\n\r\n")
            while not gateway.closing.wait(0.02):
                handler.wfile.write(b" ")
        case status:
            _write(handler, int(status), b'{"error": "no"}')


def _write(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
