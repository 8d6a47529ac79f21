"""Compiles the catalogue, `locale/*/*.po` to `.mo`, and names the territories: `python -m sekisho.texts.build`, part of `make install`.

Needs Babel, which only the build has. Files that are newer than their source stay; a compiled file whose source is gone is removed,
since the catalogue would still read it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from sekisho.texts.catalogue import Language
from sekisho.texts.territories import TERRITORIES

__all__ = ["compile_texts", "name_territories"]

LOCALE = Path(__file__).parent / "locale"


def compile_texts(locale: Path = LOCALE) -> list[Path]:
    """Bring every `.mo` up to date; the files written. A file appears whole or not at all."""
    for compiled in locale.glob("*/*.mo"):
        if not compiled.with_suffix(".po").exists():
            compiled.unlink()
    return [_compile(source) for source in sorted(locale.glob("*/*.po")) if _stale(source)]


def name_territories(locale: Path = LOCALE) -> list[Path]:
    """Names of countries and territories in each language, by ISO 3166-1 alpha-2, from the CLDR; the files written."""
    return [_name(locale / language.value) for language in Language if not (locale / language.value / TERRITORIES).exists()]


def _name(folder: Path) -> Path:
    from babel import Locale

    named = {code: name for code, name in Locale.parse(folder.name).territories.items() if len(code) == 2 and code.isalpha()}
    folder.mkdir(exist_ok=True)
    draft = folder / f"{TERRITORIES}.{os.getpid()}.draft"
    draft.write_text(json.dumps(named, ensure_ascii=False, sort_keys=True), "utf-8")
    return draft.replace(folder / TERRITORIES)


def _stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime_ns <= source.stat().st_mtime_ns


def _compile(source: Path) -> Path:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as stream:
        catalog = read_po(stream, locale=source.parent.name, abort_invalid=True)
    compiled = source.with_suffix(".mo")
    draft = compiled.with_suffix(f".{os.getpid()}.draft")
    with draft.open("wb") as stream:
        write_mo(stream, catalog)
    draft.replace(compiled)
    return compiled


if __name__ == "__main__":
    for written in compile_texts() + name_territories():
        print(f"built {written.relative_to(LOCALE)}")  # noqa: T201 - this module is a command of the build
