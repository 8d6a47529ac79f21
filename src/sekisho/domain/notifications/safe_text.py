"""What a message may never hold: a link, or a phone number other than the published one (J09, R10).

Phones turn anything that looks like a name or number into something to tap, so the check is strict rather than clever: a text that
only might be read as a link is refused too. It looks at the text as a phone would, with look-alike forms folded (NFKC).
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["UnsafeText", "check_text", "harmless", "quotable"]

_SCHEME = re.compile(r"://|\bwww\.|\b[a-z][a-z0-9+.-]*:(?=[^\s])", re.IGNORECASE)
_DOMAIN = re.compile(r"\w\.[^\W\d_]{2,}|[a-z0-9]。[a-z]{2,}|\bxn--", re.IGNORECASE)
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\S@\S|@\w|[0-9a-f]*::[0-9a-f]|(?:[0-9a-f]{1,4}:){3,}", re.IGNORECASE)
_DIGITS = re.compile(r"\d(?:[\s().+/\-\u2010-\u2015\u2212\u30fc\uff70]*\d)+")
_MOMENT = re.compile(r"\b20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]) (?:[01]\d|2[0-3]):[0-5]\d\b")
_LEAST_PHONE_DIGITS = 5
_LONGEST_PARAMETER = 32


class UnsafeText(ValueError):
    """The text holds what no message may hold. Says what sort of thing, never the text."""


def check_text(text: str, service_phone: str, code: str | None = None, host: str | None = None) -> None:
    """Raise UnsafeText for anything like a link or a foreign phone number.

    A code message may hold its code and must end with the origin-bound form `@host #code` (WICG, Origin-bound one-time codes).
    """
    shown = _as_a_phone_sees_it(text)
    if code is not None:
        head, _, last = shown.rpartition("\n")
        if last != f"@{host} #{code}":
            raise UnsafeText("a code message must end with its origin-bound line")
        shown = head.replace(code, "", 1)
    for what, pattern in (("a link", _SCHEME), ("a domain name", _DOMAIN), ("an address", _ADDRESS)):
        if pattern.search(shown):
            raise UnsafeText(f"a message may not hold {what}")
    # The published number stands alone: with digits beside it, it would be another one.
    published = rf"(?<![\d+]){re.escape(_as_a_phone_sees_it(service_phone))}(?![\s().+/-]*\d)"
    remaining = _MOMENT.sub(" ; ", re.sub(published, " ; ", shown))
    for run in _DIGITS.finditer(remaining):
        if sum(character.isdigit() for character in run.group()) >= _LEAST_PHONE_DIGITS:
            raise UnsafeText("a message may hold no phone number but the published one")


def harmless(value: str) -> str:
    """A parameter that may come from outside (a program's name), cut down to what can stand in any message.

    Letters, the marks that Japanese names are written with, single digits and runs below five of them, blanks, hyphens and the asterisks of
    a masked number; at most 32 characters.
    """
    folded = unicodedata.normalize("NFKC", value).replace("·", "*")
    kept = "".join(character if _plain(character) else " " for character in folded)
    words = [word for word in kept.split() if "xn--" not in word.casefold()]
    cut = " ".join(words)[:_LONGEST_PARAMETER].strip(" -")
    few = _DIGITS.sub(lambda run: run.group() if sum(c.isdigit() for c in run.group()) < _LEAST_PHONE_DIGITS else "", cut)
    return " ".join(few.split())


def quotable(value: str) -> str:
    """The same, and empty where even what is left cannot stand in a message: no stranger's words keep a message from being sent."""
    text = harmless(value)
    try:
        check_text(text, "")
    except UnsafeText:
        return ""
    return text


def _plain(character: str) -> bool:
    return unicodedata.category(character) in ("Lu", "Ll", "Lo", "Nd") or character in " -*+ー々"


def _as_a_phone_sees_it(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    return "".join(character for character in folded if unicodedata.category(character) != "Cf")
