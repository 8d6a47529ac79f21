"""What stands against people, as a signed head names it: a word and an id, such as `disabled:aut_…` (R9).

An older copy of the database that is put back learns from the heads since then whom it must stop again. Ids only, never a name.
The first heads named ids without a word; these are read as the sternest thing that they can mean.
"""

from __future__ import annotations

from enum import StrEnum

from sekisho.kernel.ids import is_id

__all__ = ["Standing", "read_standing", "standing_text"]


class Standing(StrEnum):
    """What happened. Of which kind the id is stands in `_IDS`."""

    RESTRICTED = "restricted"  # logins with that authenticator, for the soft wait
    LOCKED = "locked"  # logins with that authenticator, or of that trader, until unlocked
    DISABLED = "disabled"  # the authenticator
    SUSPENDED = "suspended"  # the trader
    ENDED = "ended"  # the mandate


_IDS = {
    Standing.RESTRICTED: ("aut",),
    Standing.LOCKED: ("aut", "trd"),
    Standing.DISABLED: ("aut",),
    Standing.SUSPENDED: ("trd",),
    Standing.ENDED: ("man",),
}
_BARE = {"trd": Standing.LOCKED, "aut": Standing.DISABLED, "man": Standing.ENDED}
assert set(_IDS) == set(Standing)


def standing_text(what: Standing, object_id: str) -> str:
    return f"{what}:{object_id}"


def read_standing(text: str) -> tuple[Standing, str]:
    """What stands against which id. ValueError for a word that this version does not know: it must not be passed over."""
    word, colon, object_id = text.rpartition(":")
    what = Standing(word) if colon else _BARE.get(object_id[:3])
    if what is None or not any(is_id(object_id, prefix) for prefix in _IDS[what]):
        raise ValueError("no standing that this version knows")
    return what, object_id
