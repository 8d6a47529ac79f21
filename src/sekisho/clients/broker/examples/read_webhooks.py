"""A small reader of webhooks, behind the firm's own TLS: it listens on this machine alone. SEKISHO_WEBHOOK_KEY: `whpk_…`."""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sekisho.clients.broker import Webhook, WebhookRefused, WebhookVerifier

MOST = 256 * 1024


class Seen:
    """Ids that were read already. A real system keeps them in its database, so that a restart does not forget them."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def first_time(self, id: str) -> bool:
        with self._lock:
            fresh = id not in self._ids
            self._ids[id] = None
            while len(self._ids) > 100_000:
                self._ids.popitem(last=False)
            return fresh


def act(webhook: Webhook) -> None:
    """What must happen at once: no money leaves a frozen account."""
    if webhook.kind == "account.frozen":
        print(f"stop {webhook.data['account']} and what is open on it: {webhook.data['instructions']}", flush=True)
    elif webhook.kind == "instruction.cancel":
        print(f"call back {webhook.data['instruction']}", flush=True)


def serve(verifier: WebhookVerifier, port: int) -> ThreadingHTTPServer:
    class Reader(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("content-length") or 0), MOST + 1))
            try:
                act(verifier.verify(dict(self.headers.items()), body))
                status = 204
            except WebhookRefused as refused:
                status = 204 if refused.why == "repeated" else 401  # it was acknowledged, and the answer got lost
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    return ThreadingHTTPServer(("127.0.0.1", port), Reader)


if __name__ == "__main__":
    key = os.environ["SEKISHO_WEBHOOK_KEY"]
    serve(WebhookVerifier([key], Seen().first_time), int(sys.argv[1]) if len(sys.argv) > 1 else 8099).serve_forever()
