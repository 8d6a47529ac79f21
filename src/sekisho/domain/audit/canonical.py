"""The one way a value becomes bytes before it is hashed, MACed, signed or exported.

Canonical form: a JSON text (RFC 8259) with the keys of every object sorted by code point, no white space, every character outside
printable ASCII written as `\\uXXXX` (lower-case hexadecimal, surrogate pairs above U+FFFF), hence both ASCII and UTF-8. Values are texts,
integers, booleans, null, arrays and objects with text keys; floats are refused, since their text differs between languages. One value has
one text, and a text that is not its own canonical form is not read back: so a changed byte never goes unseen.
ASCII also keeps control characters and half surrogates out of database columns and log lines (ASVS V16.4.1).
"""

from __future__ import annotations

import hashlib
import json
from typing import cast

__all__ = ["canonical", "digest", "parse"]


def canonical(value: object) -> str:
    """The canonical text of `value`; ValueError for anything outside the form."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def parse(text: str) -> object:
    """The value of a canonical text; ValueError when the text is not exactly canonical."""
    try:
        value = cast("object", json.loads(text))
        if canonical(value) == text:
            return value
    except RecursionError:
        pass
    raise ValueError("not in canonical form")


def digest(tag: str, value: object) -> str:
    """SHA-256 over the tag, a line feed and the canonical text, as 64 hexadecimal digits."""
    return hashlib.sha256(f"{tag}\n{canonical(value)}".encode("ascii")).hexdigest()


def _check(value: object) -> None:
    match value:
        case None | bool() | int() | str():
            return
        case list() | tuple():
            for item in value:
                _check(item)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise ValueError("a key must be a text")
                _check(item)
        case _:
            raise ValueError(f"{type(value).__name__} has no canonical form")
