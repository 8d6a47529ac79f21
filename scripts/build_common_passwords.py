#!/usr/bin/env python3
"""Writes the list of common passwords that no trader may choose (GATE R16): `build_common_passwords.py OUT.txt.gz`.

Only passwords of 12 to 64 characters stand in it, lower-cased, since a shorter one is refused for its length. The sources are the
word lists of the npm packages @zxcvbn-ts/language-common and @zxcvbn-ts/language-ja. They hold about a thousand entries so long, and
people who must choose 12 characters stretch a short favourite; so the list has three parts, in this order:

1. every listed password, Japanese word and Japanese name of 12 or more characters;
2. the first 300 listed passwords that have at least 6 characters, and all Japanese family names of that length: written twice,
   and with each of ENDINGS (digits in a row, years, the usual signs) behind;
3. the first 40 of these passwords in pairs.

The whole list is held in memory by each server, which bounds it to some 20,000 entries.
"""

from __future__ import annotations

import gzip
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

LISTS = Path(__file__).parent.parent / "node_modules" / "@zxcvbn-ts"
SHORTEST, LONGEST = 12, 64
LEAST = 3000  # GATE R16
FAVOURITES, PAIRED = 300, 40
ENDINGS = (
    *("12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890"),
    *("1!", "12!", "123!", "1234!", "@123", "@1234", "_123", "1111", "0000", "7777", "8888"),
    *(str(year) for year in (*range(1985, 2006), *range(2018, 2029))),
    *(f"{year}!" for year in range(2022, 2028)),
    *("abc", "abcd", "qwerty", "password", "pass"),
)


def read(package: str, name: str) -> list[str]:
    """One word list of a package, the commonest first."""
    words = json.loads((LISTS / package / "src" / f"{name}.json").read_text(encoding="utf-8"))
    return [word.casefold() for word in words]


def common_passwords() -> Iterator[str]:
    """Candidates of any length, some more than once."""
    passwords = read("language-common", "passwords")
    family_names = read("language-ja", "lastnames")
    yield from passwords
    for name in ("wikipedia", "commonWords", "firstnames"):
        yield from read("language-ja", name)
    favourites = [word for word in passwords if len(word) >= 6][:FAVOURITES]
    for word in [*favourites, *(name for name in family_names if len(name) >= 6)]:
        yield word * 2
        yield from (word + ending for ending in ENDINGS)
    yield from (first + second for first, second in itertools.permutations(favourites[:PAIRED], 2))


def main(target: Path) -> None:
    """Write the list, each entry once, in its order; the same inputs give the same bytes."""
    chosen = dict.fromkeys(word for word in common_passwords() if SHORTEST <= len(word) <= LONGEST)
    if len(chosen) < LEAST:
        raise SystemExit(f"only {len(chosen)} common passwords of {SHORTEST} or more characters: at least {LEAST} are needed")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    draft.write_bytes(gzip.compress("".join(f"{word}\n" for word in chosen).encode(), compresslevel=9, mtime=0))
    draft.replace(target)
    print(f"{len(chosen)} common passwords of {SHORTEST} or more characters")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
