"""Personal fields of audit entries under a newer key (R8, R9).

The chain covers a hash of the sealed text, nonce and all, so it is never sealed anew. Under a newer key it is wrapped instead: the sealed
text as it was, which the hash needs, and what was in it, since its own key will be gone.

    v1.<its own key>.…     as it was written
    w1.<newer key>.…       wrapped: JSON [sealed text, plain text], sealed for `<entry>|wrapped`
"""

from __future__ import annotations

import json
from collections.abc import Callable

__all__ = ["as_written", "is_wrapped", "plain_of", "wrapped"]

_Keyed = Callable[[str, str], str]


def is_wrapped(stored: str) -> bool:
    return stored.startswith("w1.")


def wrapped(entry: str, stored: str, seal: _Keyed, unseal: _Keyed) -> str:
    """Under the key in use now; `stored` may be wrapped already. seal, unseal: of a text for a context."""
    written = as_written(entry, stored, unseal)
    inside = json.dumps([written, plain_of(entry, stored, unseal)], ensure_ascii=False)
    return "w" + seal(inside, _context(entry))[1:]


def as_written(entry: str, stored: str, unseal: _Keyed) -> str:
    """The sealed text that the chain covers. Raises SekishoError for a wrapping that was changed, or of a key that we do not hold."""
    return _inside(entry, stored, unseal)[0] if is_wrapped(stored) else stored


def plain_of(entry: str, stored: str, unseal: _Keyed) -> str:
    return _inside(entry, stored, unseal)[1] if is_wrapped(stored) else unseal(stored, entry)


def _inside(entry: str, stored: str, unseal: _Keyed) -> tuple[str, str]:
    written, plain = json.loads(unseal("v" + stored[1:], _context(entry)))
    return written, plain


def _context(entry: str) -> str:
    return f"{entry}|wrapped"
