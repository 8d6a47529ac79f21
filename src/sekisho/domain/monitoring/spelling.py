"""One spelling of each name that the broker's systems send: payees, devices, symbols, staff (MONITORING.md).

Rules compare names letter by letter. Full-width digits, a blank at the end or a sign that nobody sees would make one payee two, and
a watched one unknown. What looks different stays different: letters count as they are, capital or small, raised, circled or plain, of
whatever script. Else one payee would inherit what the customer's dealings with another have made usual.
"""

from __future__ import annotations

import re
import unicodedata

import msgspec

from sekisho.domain.monitoring.event import MonitoredEvent

__all__ = ["one_spelling", "spelt"]

_NAMES = ("device", "session", "channel", "symbol", "payee")

# Unicode's Default_Ignorable_Code_Point beyond the categories Cc and Cf, and the empty cell of Braille, which is no blank by category.
_UNSEEN = frozenset(
    [
        0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x2800, 0x3164, 0xFFA0,
        *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE0100), *range(0xE01F0, 0xE1000),
    ]
)  # fmt: skip
# A selector after an ideograph chooses between its forms, which people tell apart in names; after anything else nobody sees it.
_SELECTOR_UNSEEN = re.compile("(?<![\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]")
# All full-width and half-width forms: Unicode's <wide> and <narrow>. Its other compatibility forms look different: ², ①, ½, ㈱.
_WIDTH = {code: chr(int(told[1], 16)) for code in range(0xFF00, 0xFFF0) if len(told := unicodedata.decomposition(chr(code)).split()) == 2}


def one_spelling(text: str) -> str:
    """NFC in plain width, without what nobody sees, and with single blanks, between words alone. Empty where nothing is left.

    It is its own spelling again.
    """
    if text.isascii() and text.isprintable() and " " not in text:
        return text  # as nearly every name is
    composed = unicodedata.normalize("NFC", text.translate(_WIDTH))
    seen = "".join(letter for letter in composed if letter.isspace() or not _unseen(letter))
    return " ".join(unicodedata.normalize("NFC", _SELECTOR_UNSEEN.sub("", seen)).split())


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
