"""What stands against people and accounts, as a signed head names it: a word and an id, such as `disabled:aut_…` (R9).

An older copy of the database that is put back learns from the heads since then whom it must stop again. Ids only, never a name;
of a freeze also the word that it is lifted by: `frozen:disputed:acc_…`. The first heads named ids without a word; these are read as
the sternest thing that they can mean.
"""

from __future__ import annotations

import re
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
    FROZEN = "frozen"  # the account, for that reason


_IDS = {
    Standing.RESTRICTED: ("aut",),
    Standing.LOCKED: ("aut", "trd"),
    Standing.DISABLED: ("aut",),
    Standing.SUSPENDED: ("trd",),
    Standing.ENDED: ("man",),
    Standing.FROZEN: ("acc",),
}
_REASON = re.compile(r"[a-z_]{1,40}")
_BARE = {"trd": Standing.LOCKED, "aut": Standing.DISABLED, "man": Standing.ENDED}
assert set(_IDS) == set(Standing)


def standing_text(what: Standing, object_id: str, reason: str = "") -> str:
    """reason: of a freeze, and of nothing else."""
    return f"{what}:{reason}:{object_id}" if reason else f"{what}:{object_id}"


def read_standing(text: str) -> tuple[Standing, str, str]:
    """What stands against which id, and of a freeze why. ValueError for what this version does not know: it must not be passed over."""
    *words, object_id = text.split(":")
    what = Standing(words[0]) if words else _BARE.get(object_id[:3])
    if what is None or not any(is_id(object_id, prefix) for prefix in _IDS[what]):
        raise ValueError("no standing that this version knows")
    if [bool(_REASON.fullmatch(word)) for word in words[1:]] != [True] * (what is Standing.FROZEN):
        raise ValueError("a freeze has one reason, and nothing else has any")
    return what, object_id, words[1] if words[1:] else ""
