"""What the plain-http door answers to a request head: bytes in, bytes out (RFC 9112)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote

__all__ = ["Answer", "Doorway", "answer", "head_is_complete", "hopeless"]

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rf"({_TOKEN}) ([!-~]+) HTTP/1\.([01])")
_HEADER = re.compile(rf"({_TOKEN}):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*)")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE)
_PORT = re.compile(r":\d*$")
_WORDS = {
    308: "This site speaks https only.",
    400: "This request cannot be read.",
    403: "This interface speaks https only. What was sent in clear may have been seen: change it.",
    405: "This site speaks https only.",
    421: "This server does not answer for that name.",
    431: "This request is too large.",
}


@dataclass(frozen=True, slots=True)
class Doorway:
    """hostnames: the names that are answered, lower case. https_port: where clients reach the TLS door."""

    hostnames: tuple[str, ...]
    https_port: int

    def location(self, host: str, target: str) -> str:
        shown = f"[{host}]" if ":" in host else host
        return f"https://{shown}{'' if self.https_port == 443 else f':{self.https_port}'}{target}"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    location: str | None = None
    without_body: bool = False  # to HEAD

    def to_bytes(self) -> bytes:
        """The answer on the wire; never with HSTS, which means nothing here (RFC 6797 §7.2)."""
        body = f"{_WORDS[self.status]}\n"
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            "Connection: close",
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
            "Referrer-Policy: no-referrer",
            "X-Content-Type-Options: nosniff",
        ]
        if self.location:
            lines.append(f"Location: {self.location}")
        if self.status == 405:
            lines.append("Allow: GET, HEAD")
        return "\r\n".join([*lines, "", "" if self.without_body else body]).encode("ascii")


def head_is_complete(head: bytes | bytearray) -> bool:
    return b"\r\n\r\n" in head or b"\n\n" in head


def hopeless(head: bytes | bytearray) -> bool:
    """Whether no further byte can make a request of it: a TLS client, or another protocol."""
    line, newline, _ = bytes(head).partition(b"\n")
    if newline:
        return _REQUEST_LINE.fullmatch(line.rstrip(b"\r").decode("latin-1")) is None
    return re.match(rb"[^A-Za-z\r]", head) is not None


def answer(head: bytes, doorway: Doorway) -> Answer:
    """The answer to a complete head; whatever it holds, there is one."""
    text = re.split(r"\r?\n\r?\n", head.decode("latin-1"), maxsplit=1)[0]
    first, *rest = re.split(r"\r?\n", text)
    line = _REQUEST_LINE.fullmatch(first)
    fields = [_HEADER.fullmatch(one) for one in rest]
    if line is None or None in fields:
        return Answer(400)
    hosts = [field[2].strip() for field in fields if field is not None and field[1].lower() == "host"]
    method, target = line[1], line[2]
    absolute = _ABSOLUTE.fullmatch(target)
    if len(hosts) != 1 or not (target.startswith("/") or absolute):
        return Answer(400)
    host, path = (absolute[1], absolute[2]) if absolute else (hosts[0], target)
    return _decide(method, host, path, doorway)


def _decide(method: str, host: str, target: str, doorway: Doorway) -> Answer:
    name = _PORT.sub("", host).lower().strip("[]")
    if name not in doorway.hostnames:
        return Answer(421, without_body=method == "HEAD")
    if not target.startswith("/"):
        target = f"/{target}"
    if _is_for_programs(target):
        return Answer(403, without_body=method == "HEAD")
    if method not in {"GET", "HEAD"}:
        return Answer(405)
    return Answer(308, doorway.location(name, target), without_body=method == "HEAD")


def _is_for_programs(target: str) -> bool:
    """Whether it lies under /v1, however it is written: encoded, doubled slashes, dots, capitals."""
    path = unquote(re.split(r"[?#]", target, maxsplit=1)[0], errors="replace")
    normal = "/" + posixpath.normpath(path).lstrip("/").lower()
    return normal == "/v1" or normal.startswith("/v1/")
