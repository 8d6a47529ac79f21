"""What `run_server` needs to know. Plain values: the worker is a process of its own and gets them by pickle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ServerPlan"]


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """One `sekisho serve`: a parent with the plain-http door, one worker with the TLS door and the application.

    address: what both doors bind. hostnames: the allow-list of Host, the first is the one that redirects prefer.
    https_port: where TLS listens; public_https_port: where clients reach it, if that differs; http_port None: no such door.
    certificate, key: PEM, PKCS#8; ca: what vouches for them, if it is the local CA.
    factory: `package.module:function`, called in the worker with `arguments`; answers an ASGI application with lifespan.
    ready_file, ready_content: JSON written once /-/health/ready answers 200, and removed at the end.
    when_ready: called then, in a thread of the parent.
    renew_certificate: asked every 12 h; True means that certificate and key are new and to be taken up.
    """

    address: str
    hostnames: tuple[str, ...]
    https_port: int
    http_port: int | None
    certificate: Path
    key: Path
    ca: Path | None
    factory: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    public_https_port: int | None = None
    ready_file: Path | None = None
    ready_content: Mapping[str, object] = field(default_factory=dict)
    when_ready: Callable[[], None] = _nothing
    renew_certificate: Callable[[], bool] | None = None

    @property
    def reached_at(self) -> int:
        """The https port as clients see it."""
        return self.public_https_port or self.https_port
