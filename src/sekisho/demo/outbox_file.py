"""The demo's sender for every way: each message leaves as one JSON line, and is kept for the phone page (R15)."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sekisho.domain.notifications import Channel
from sekisho.flows.ports.delivery import Delivered, OutboxMessage
from sekisho.kernel.times import utc_now

__all__ = ["Line", "OutboxFile"]

_REMEMBERED = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file. at: when it left, RFC 3339 UTC. code: the security code inside the body, or None."""

    at: str
    channel: str
    to: str
    kind: str
    body: str
    code: str | None

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


class OutboxFile:
    """A `flows.ports.delivery.Sender`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._lines = deque(_read(path), maxlen=_REMEMBERED)
        self._count = len(self._lines)

    @property
    def count(self) -> int:
        """Grows with every line; the phone page asks whether it has."""
        return self._count

    def lines(self) -> list[Line]:
        """The newest ones, oldest first."""
        with self._lock:
            return list(self._lines)

    def send(self, message: OutboxMessage) -> Delivered:
        at = utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        subject = f"{message.subject.reveal()}\n\n" if message.channel is Channel.EMAIL else ""
        code = message.code.reveal() if message.code else None
        self._append(Line(at, message.channel.value, message.address.reveal(), message.kind, subject + message.body.reveal(), code))
        return Delivered("outbox-file")

    def _append(self, line: Line) -> None:
        """In one write, so that no reader sees half of it."""
        text = json.dumps(asdict(line), ensure_ascii=False) + "\n"
        with self._lock:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
            self._lines.append(line)
            self._count += 1


def _read(path: Path) -> list[Line]:
    """The lines of earlier runs; half a line of a killed one is left out."""
    lines = []
    for text in path.read_text("utf-8").splitlines() if path.exists() else []:
        try:
            lines.append(Line(**json.loads(text)))
        except (ValueError, TypeError):
            continue
    return lines
