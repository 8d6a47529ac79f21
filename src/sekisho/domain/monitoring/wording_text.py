"""Reads the texts that a rule says: quoted, joined where several stand one after the other, with places for values.

`{amount_jpy:yen}` `{sold_share:percent}` `{since_change:duration}` `{first_login:time}` `{country:country}` `{quantity}`.
"""

from __future__ import annotations

import re
from typing import Final

from sekisho.domain.monitoring.expression_words import Places
from sekisho.domain.monitoring.problem import Place, Problem, did_you_mean, named_sign
from sekisho.domain.monitoring.rule import Format, Placeholder, Wording

__all__ = ["Named", "read_quoted", "read_wording"]

LONGEST: Final = 600
Named = tuple[Placeholder, Place, int]
_PIECE: Final = re.compile(r"""(?P<blank>\s+|\#[^\n]*)|(?P<quoted>"[^"\n]*"|'[^'\n]*')|(?P<other>.)""")
_PLACE: Final = re.compile(r"\{([a-z_][a-z0-9_]*)(?::([a-z]+))?\}")


def read_quoted(text: str, first: Place) -> list[tuple[str, int]] | Problem:
    """The pieces inside their quotes, each with its offset."""
    pieces: list[tuple[str, int]] = []
    for found in _PIECE.finditer(text):
        if found.lastgroup == "quoted":
            pieces.append((found[0][1:-1], found.start() + 1))
        elif found.lastgroup == "other":
            return Problem(Places(text, first).of(found.start()), f"a text in quotes is expected, not {named_sign(found[0])}", 'write "…"')
    length = sum(len(piece) for piece, _ in pieces)
    if not 0 < length <= LONGEST:
        return Problem(first, f"a text has 1 to {LONGEST} characters, not {length}")
    for piece, offset in pieces:
        odd = next((at for at, sign in enumerate(piece) if not sign.isprintable()), None)
        if odd is not None:
            return Problem(Places(text, first).of(offset + odd), f"a text cannot hold {named_sign(piece[odd])}")
    return pieces


def read_wording(text: str, first: Place) -> tuple[Wording, list[Named]] | list[Problem]:
    """The text, and its placeholders with place and length, whose names the caller knows; or what is wrong."""
    pieces = read_quoted(text, first)
    if isinstance(pieces, Problem):
        return [pieces]
    places, problems, named = Places(text, first), list[Problem](), list[Named]()
    parts: list[str | Placeholder] = []
    for piece, offset in pieces:
        for at, part in _parts(piece):
            where = places.of(offset + at)
            found = _PLACE.fullmatch(part)
            if found is not None and (found[2] or "plain") in frozenset(Format):
                placeholder = Placeholder(found[1], Format(found[2] or "plain"))
                parts.append(placeholder)
                named.append((placeholder, where, len(part)))
            elif found is not None:
                advice = did_you_mean(found[2], Format) or "there are " + ", ".join(Format)
                problems.append(Problem(where, f"{found[2]} is no way to write a value", advice, len(part)))
            elif "{" in part or "}" in part:
                problems.append(Problem(where, "a value is named in { }", "write {name} or {name:percent}", len(part)))
            else:
                parts.append(part)
    return problems or (Wording(tuple(parts)), named)


def _parts(piece: str) -> list[tuple[int, str]]:
    """Plain parts and what stands in braces, each with its offset; a brace alone is a part of its own."""
    return [(found.start(), found[0]) for found in re.finditer(r"\{[^{}]*\}|[{}]|[^{}]+", piece)]
