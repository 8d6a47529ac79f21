"""A fake SMS gateway: a real HTTP server that takes every message and tells the bench the code of a number.

POST / {"to", "text"} → 201 · GET /+8190… → the newest code sent there, as JSON text, or null
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

_CODE = re.compile(r"#([0-9]{6,10})\s*$")  # the origin-bound form ends with it (GATE R4)


class Gateway:
    def __init__(self) -> None:
        self.codes: dict[str, str] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, path, _ = head.split(" ", 2)
                length = re.search(r"(?im)^content-length: *([0-9]+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                status, answer = self._answer(method, path, body)
                data = json.dumps(answer).encode()
                writer.write(f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, method: str, path: str, body: bytes) -> tuple[str, object]:
        if method == "GET":
            return "200 OK", self.codes.get(path.removeprefix("/"))
        message = json.loads(body)
        found = _CODE.search(message["text"])
        if found:
            self.codes[message["to"]] = found[1]
        return "201 Created", {"id": "bench"}


async def _main() -> None:
    server = await asyncio.start_server(Gateway().serve, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until our parent is gone
    server.close()


if __name__ == "__main__":
    asyncio.run(_main())
