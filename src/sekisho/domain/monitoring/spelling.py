"""One spelling of each name that the broker's systems send: payees, devices, symbols, staff (MONITORING.md).

Rules compare names letter by letter. Full-width digits, a blank at the end or a sign that nobody sees would make one payee two, and
a watched one unknown. What looks different stays different: letters count as they are, capital or small, of whatever script.
"""

from __future__ import annotations

import unicodedata

import msgspec

from sekisho.domain.monitoring.event import MonitoredEvent

__all__ = ["one_spelling", "spelt"]

_NAMES = ("device", "session", "channel", "symbol", "payee")

# Unicode's Default_Ignorable_Code_Point beyond the categories Cc and Cf, and the empty cell of Braille, which is no blank by category.
_UNSEEN = frozenset(
    [
        0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x2800, 0x3164, 0xFFA0,
        *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000),
    ]
)  # fmt: skip


def one_spelling(text: str) -> str:
    """NFKC, without what nobody sees, and with single blanks, between words alone. Empty where nothing is left. Its own spelling again."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text  # as nearly every name is
    composed = unicodedata.normalize("NFKC", text)
    seen = "".join(letter for letter in composed if letter.isspace() or not _unseen(letter))
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def spelt(event: MonitoredEvent) -> MonitoredEvent:
    """With its names in their one spelling; of which nothing is left, that is not there."""
    columns = {name: text for name in _NAMES if (told := getattr(event, name)) is not None and (text := one_spelling(told)) != told}
    named = {name: text for name, told in (event.extra or {}).items() if isinstance(told, str) and (text := one_spelling(told)) != told}
    if not columns and not named:
        return event
    extra = {name: value for name, value in {**(event.extra or {}), **named}.items() if value != ""}
    return msgspec.structs.replace(event, **{name: text or None for name, text in columns.items()}, extra=extra or None)


def _unseen(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf") or ord(letter) in _UNSEEN
