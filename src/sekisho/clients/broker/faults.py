"""What the client raises. Neither keys nor bodies stand in a message."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["BrokerFault", "NotAnswered", "Refused"]


class BrokerFault(Exception):
    """Everything that the client raises is one of these."""


class Refused(BrokerFault):
    """The server read the request and refused it: mend it, for a repeat gives the same. fields: refused field → why."""

    def __init__(self, status: int, detail: str, fields: Mapping[str, str]) -> None:
        named = "; ".join(f"{name}: {why}" for name, why in fields.items())
        super().__init__(f"{status}: {detail}" + (f" ({named})" if named else ""))
        self.status = status
        self.detail = detail
        self.fields = dict(fields)


class NotAnswered(BrokerFault):
    """No answer that could be read came in time. why: timed_out, unreachable, cut_off, busy, server_fault or nonsense.

    Whether the request was done nobody knows; sent again with the same id or Idempotency-Key it is done once.
    """

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why = why
