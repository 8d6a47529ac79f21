"""Forged posts are stopped twice: by a token bound to the browser's own cookie, and by what the browser says of the origin.

The token is `nonce.keyed_hash(nonce, cookie value)` (N46, ASVS V3.5.1): it proves that the form was drawn for the holder of this
ceremony or session, also before login (R4, login CSRF). The nonce makes each drawing differ, so that a compressed page gives
nothing away (BREACH).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret, new_token, same_as_any
from sekisho.texts.catalogue import N_
from sekisho.web.http.exchange import header_values

__all__ = ["CSRF_FIELD", "Csrf", "from_own_pages"]

CSRF_FIELD = "csrf"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True, slots=True)
class Csrf:
    """keyed_hashes: HMAC under each key of this purpose, the one in use first. origins: our own, such as
    `https://portal.example:8443`, from settings.
    """

    keyed_hashes: Callable[[str], Sequence[str]]
    origins: frozenset[str]

    def token(self, bound: Secret) -> str:
        """A token for a form drawn for the holder of that cookie value."""
        nonce = new_token(96).reveal()
        return f"{nonce}.{self._proofs(nonce, bound)[0]}"

    def valid(self, headers: Iterable[tuple[bytes, bytes]], submitted: str, bound: Secret | None) -> bool:
        """Whether a post comes from a form of ours, drawn for this browser. Constant time in the token."""
        if bound is None or not _TOKEN.fullmatch(submitted) or not from_own_pages(list(headers), self.origins):
            return False
        nonce, _, proof = submitted.partition(".")
        return same_as_any(proof, self._proofs(nonce, bound))

    def check(self, headers: Iterable[tuple[bytes, bytes]], submitted: str, bound: Secret | None) -> None:
        """Raise SekishoError FORBIDDEN unless `valid`."""
        if not self.valid(headers, submitted, bound):
            raise SekishoError(Kind.FORBIDDEN, N_("This form is out of date. Please reload the page and try again."), "csrf")

    def _proofs(self, nonce: str, bound: Secret) -> Sequence[str]:
        return self.keyed_hashes(f"csrf\n{nonce}\n{bound.reveal()}")


def from_own_pages(headers: Iterable[tuple[bytes, bytes]], origins: frozenset[str]) -> bool:
    """Whether nothing in the request says that another site sent it (ASVS V3.5.1).

    `Sec-Fetch-Site` must be `same-origin`, or `none` (typed in, bookmarked); `Origin` must be ours. A header that is absent
    proves nothing and refuses nothing: old browsers send neither, and the token decides.
    """
    lines = list(headers)
    sites = header_values(lines, b"sec-fetch-site")
    senders = header_values(lines, b"origin")
    return sites in ([], ["same-origin"], ["none"]) and (not senders or (len(senders) == 1 and senders[0] in origins))
