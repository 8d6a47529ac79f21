"""What those are told whose events were not taken. A new exception for each: a raise hangs its frames onto it, and whoever kept one would
keep them all."""

from __future__ import annotations

from datetime import timedelta

from sekisho.kernel.errors import Kind, SekishoError, unavailable

__all__ = ["busy", "refusal"]


def busy() -> SekishoError:
    return SekishoError(
        Kind.BUSY,
        "More events wait than can be taken just now. Please send them again in a moment.",
        "the queue of events is full",
        retry_after=timedelta(seconds=1),
    )


def refusal(fault: BaseException) -> SekishoError:
    """What whoever waited is told of a commit that failed."""
    if isinstance(fault, SekishoError) and fault.kind is Kind.UNAVAILABLE:
        return SekishoError(fault.kind, fault.public_message, fault.detail, retry_after=fault.retry_after)
    return unavailable("the events could not be written")
