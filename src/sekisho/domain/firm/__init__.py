"""The firm that keeps the promises: how it is called, where it stands in time, and how its customers reach it."""

from sekisho.domain.firm.policy import LANGUAGES, FirmPolicy

__all__ = ["LANGUAGES", "FirmPolicy"]
