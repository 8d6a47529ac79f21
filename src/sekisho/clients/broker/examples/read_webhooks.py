"""A small reader of webhooks, behind the firm's own TLS: it listens on this machine alone. SEKISHO_WEBHOOK_KEY: `whpk_…`."""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sekisho.clients.broker import Webhook, WebhookRefused, WebhookVerifier

MOST = 256 * 1024


class Once:
    """Acts once for each id. It is marked behind the act: what fails, or dies, on the way is told again, and must be done then.

    A real system keeps the ids in its database, so that a restart does not forget them, and marks them in the act's transaction.
    """

    def __init__(self) -> None:
        self._done: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def act(self, webhook: Webhook) -> None:
        with self._lock:  # a second try may come while the first one is at work
            if webhook.id not in self._done:
                act(webhook)
                self._done[webhook.id] = None
            while len(self._done) > 100_000:
                self._done.popitem(last=False)


def act(webhook: Webhook) -> None:
    """What must happen at once: no money leaves a frozen account."""
    if webhook.kind == "account.frozen":
        print(f"stop {webhook.data['account']} and what is open on it: {webhook.data['instructions']}", flush=True)
    elif webhook.kind == "instruction.cancel":
        print(f"call back {webhook.data['instruction']}", flush=True)


def serve(verifier: WebhookVerifier, port: int) -> ThreadingHTTPServer:
    once = Once()

    class Reader(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("content-length") or 0), MOST + 1))
            status = 500  # whatever fails on the way: it comes again
            try:
                once.act(verifier.verify(dict(self.headers.items()), body))
                status = 204
            except WebhookRefused:
                status = 401
            finally:
                self.send_response(status)
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    return ThreadingHTTPServer(("127.0.0.1", port), Reader)


if __name__ == "__main__":
    key = os.environ["SEKISHO_WEBHOOK_KEY"]
    serve(WebhookVerifier([key]), int(sys.argv[1]) if len(sys.argv) > 1 else 8099).serve_forever()
