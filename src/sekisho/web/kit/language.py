"""In which language a page is drawn: what the reader chose (a cookie), else what his browser prefers, else English."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import RedirectResponse

from sekisho.texts.catalogue import Language
from sekisho.web.http.cookies import cookie, read_cookie
from sekisho.web.http.exchange import single_header

__all__ = ["LanguageForm", "chosen_language", "own_path", "remember_language"]

_COOKIE = "language"
_KEEP = timedelta(days=365)
_RANGE = re.compile(r"\s*([a-zA-Z]{1,8})(?:-[a-zA-Z0-9-]{1,30})?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?))?\s*")
_OWN_PATH = re.compile(r"/(?:[A-Za-z0-9_~-][A-Za-z0-9/_.~-]*)?")


@dataclass(frozen=True, slots=True)
class LanguageForm:
    """The language switch of every page. next: the page to come back to."""

    language: Language
    next: str = "/"


def chosen_language(headers: Iterable[tuple[bytes, bytes]]) -> Language:
    """The language for this request."""
    lines = list(headers)
    kept = read_cookie(lines, _COOKIE)
    if kept is not None and kept.reveal() in set(Language):
        return Language(kept.reveal())
    return _preferred(single_header(lines, b"accept-language") or "")


def remember_language(form: LanguageForm) -> RedirectResponse:
    """Keeps the choice and goes back. It needs no session and changes nothing but words."""
    name, value = cookie(_COOKIE, form.language, keep=_KEEP)
    return RedirectResponse(own_path(form.next), 303, {name: value})


def own_path(path: str) -> str:
    """`path` when it is a plain path of this site, else `/`: a redirect never leads elsewhere."""
    return path if len(path) <= 200 and _OWN_PATH.fullmatch(path) and "//" not in path else "/"


def _preferred(accepted: str) -> Language:
    """RFC 9110 §12.5.4, among the languages we speak."""
    best, weight = Language.EN, 0.0
    for part in accepted[:500].split(","):
        match = _RANGE.fullmatch(part)
        if match is None or match[1].lower() not in set(Language):
            continue
        asked = float(match[2] or 1)
        if asked > weight:
            best, weight = Language(match[1].lower()), asked
    return best
