"""What every measurement gets: the brokerage, its running server, and the processes around it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.brokerage import Brokerage, Server
from bench.seed import BenchTrader
from bench.workers import Worker, worker

__all__ = ["Run", "check_request", "login_request"]


@dataclass(frozen=True)
class Run:
    """seconds: how long one window of a measurement lasts."""

    brokerage: Brokerage
    server: Server
    seconds: float

    @contextmanager
    def generator(self, port: int = 0) -> Iterator[Worker]:
        """A load generator of its own. port: of another server with the same certificate authority."""
        with worker("generator", str(port or self.brokerage.port), self.server.ca_file) as one:
            yield one


def login_request(trader: BenchTrader, **more: Any) -> dict[str, Any]:
    """First step of a login, with the right password and from the address that the trader keeps to."""
    body = {"username": trader.username, "password": trader.password, "channel": "api", **more}
    return {"source": trader.source, "path": "/v1/login", "body": body}


def check_request(token: str, source: str) -> dict[str, Any]:
    return {"source": source, "path": "/v1/session", "token": token}
