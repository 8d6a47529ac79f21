"""What the house says, in the language of the reader: one gettext catalogue, its msgids the English texts.

A Japanese text stands in one of the files `locale/ja/*.po`, one per area (portal, errors, notices …); all of them are read as one.
`make` compiles them (`sekisho.texts.build`); the standard library's gettext reads them at run time. `scripts/check_texts.py` finds a
text without its Japanese, a Japanese text without its source, and a text that stands twice.

Texts have named placeholders, `%(minutes)s`; a lone percent sign is written `%%`, in code and templates alike.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Final

__all__ = ["N_", "Language", "Translator", "translator"]


class Language(StrEnum):
    """The languages of pages and messages."""

    EN = "en"
    JA = "ja"


SOURCE: Final = Language.EN


def N_(msgid: str) -> str:
    """Marks a text of the catalogue where it is written; it is translated later, where it is shown."""
    return msgid


class Translator:
    """Texts in one language. `gettext` and `ngettext` are what Jinja's i18n extension asks for (newstyle)."""

    def __init__(self, language: Language, translations: NullTranslations) -> None:
        self.language = language
        self.gettext = translations.gettext
        self.ngettext = translations.ngettext

    def text(self, msgid: str, /, **params: object) -> str:
        """The text with its placeholders filled; a placeholder without its value is an error (KeyError)."""
        return self.gettext(msgid) % params

    def plural(self, one: str, many: str, /, count: int, **params: object) -> str:
        """`one` or `many`, as the language wants it for `count`, which fills `%(count)s`."""
        return self.ngettext(one, many, count) % {"count": count, **params}


@cache
def translator(language: Language) -> Translator:
    """The translator of a language; its files are read once in a process."""
    return Translator(language, NullTranslations() if language is SOURCE else _chain(language))


def _chain(language: Language) -> NullTranslations:
    """All compiled files of the language as one. None at all is an error: half a page in another language is not served."""
    chain: NullTranslations | None = None
    for entry in sorted(files("sekisho.texts").joinpath("locale", language).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".mo"):
            with entry.open("rb") as stream:
                part = GNUTranslations(stream)
            if chain is None:
                chain = part
            else:
                chain.add_fallback(part)
    if chain is None:
        raise RuntimeError(f"the texts in {language!r} are not compiled: run `make texts`")
    return chain
