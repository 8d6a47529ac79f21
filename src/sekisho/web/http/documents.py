"""Documents that every door for programs answers with."""

from __future__ import annotations

import msgspec

__all__ = ["Problem", "ProblemField"]


class ProblemField(msgspec.Struct):
    field: str
    detail: str


class Problem(msgspec.Struct):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField] | msgspec.UnsetType = msgspec.UNSET
    request_id: str | msgspec.UnsetType = msgspec.UNSET
