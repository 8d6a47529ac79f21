"""Usernames: 4 to 32 of [a-z0-9._-], lower-cased, unique also by look-alikes (R16, I27)."""

from __future__ import annotations

import re

from sekisho.kernel.errors import invalid

__all__ = ["checked_username", "look_alike", "typed_username"]

_LOOK_ALIKES = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "-": None, "_": None, ".": None})


def checked_username(text: str) -> str:
    """The username as kept. Raises SekishoError INVALID."""
    username = text.strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{2,30}[a-z0-9]", username) or not re.search(r"[a-z]", username):
        raise invalid("A username has 4 to 32 letters a to z, digits, dots, hyphens or underscores, with at least one letter.", "username")
    return username


def typed_username(text: str) -> str:
    """What somebody typed at the login, as it would be looked up. Never raises: nonsense is simply an unknown name.

    Without NUL and lone surrogates, which PostgreSQL and UTF-8 cannot take.
    """
    return text.strip().lower()[:64].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def look_alike(username: str) -> str:
    """Two usernames with the same look-alike are taken for one (0/o, 1/l/i, 5/s, rn/m, vv/w; dots and hyphens fall away)."""
    return username.translate(_LOOK_ALIKES).replace("rn", "m").replace("vv", "w")
