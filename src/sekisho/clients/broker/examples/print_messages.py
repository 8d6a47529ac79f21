"""An SMS gateway for trials: it prints what it is given to send, with the codes, and sends nothing. On this machine alone."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOST = 64 * 1024


def serve(port: int) -> ThreadingHTTPServer:
    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                told = json.loads(self.rfile.read(min(int(self.headers.get("content-length") or 0), MOST)))
                print(f"{told['to']}: {told['text']}", flush=True)
            except (ValueError, KeyError, TypeError):
                self._answer(400, {})
            else:
                self._answer(200, {"id": self.headers.get("idempotency-key", "")})

        def _answer(self, status: int, document: dict[str, str]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    return ThreadingHTTPServer(("127.0.0.1", port), Gateway)


if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8098).serve_forever()
