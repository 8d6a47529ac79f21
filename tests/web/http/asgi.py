"""A request straight into an ASGI app, with nothing tidied up on the way: doubled headers, odd targets, raw bodies."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) < 2, f"{name} stands twice"
        return found[0] if found else None


def ask(
    app: Any, method: str = "GET", path: str = "/", headers: Any = (("host", "portal.example"),), body: bytes = b"", **more: Any
) -> Answer:
    """One request; `more` goes into the scope. The body comes in pieces of 10,000 bytes."""
    answer = Answer()
    pieces = [body[at : at + 10_000] for at in range(0, len(body), 10_000)] or [b""]
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "https", "root_path": "",
        "path": path, "raw_path": path.encode(), "query_string": b"", "client": ("203.0.113.7", 4711), "server": ("127.0.0.1", 8443),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers], **more,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        if not pieces:
            await asyncio.Event().wait()  # the client waits for its answer
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            answer.body += message.get("body", b"")

    asyncio.run(app(scope, receive, send))
    return answer
