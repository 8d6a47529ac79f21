"""Names of countries and territories, made by the build from the CLDR (`sekisho.texts.build`)."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from sekisho.texts.catalogue import Language

__all__ = ["TERRITORIES", "territory"]

TERRITORIES = "territories.json"


def territory(code: str, language: Language) -> str:
    """The name of ISO 3166-1 alpha-2 `code`; the code itself where no name is known, empty for none."""
    return _names(language).get(code, code) if code else ""


@cache
def _names(language: Language) -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((files("sekisho.texts") / "locale" / language.value / TERRITORIES).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return names
