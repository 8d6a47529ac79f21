"""Values that must never be printed, and the random source they come from."""

from __future__ import annotations

import hmac
import secrets as _random
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Secret", "new_token", "new_digits", "new_letters", "same", "same_as_any"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Secret:
    """A password, code, token or key. It never prints; `reveal` is the one way out."""

    _value: str

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(…)"

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and same(self._value, other._value)

    def __hash__(self) -> int:
        raise TypeError("a secret is not a key")

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def new_token(bits: int = 256) -> Secret:
    """A random token of at least `bits` bits, URL-safe (ASVS V11.5.1, N35, N46)."""
    return Secret(_random.token_urlsafe((bits + 7) // 8))


def new_digits(count: int) -> Secret:
    """A random decimal code with `count` digits, every code equally likely (N23)."""
    return Secret(f"{_random.randbelow(10**count):0{count}d}")


def new_letters(count: int) -> Secret:
    """A random code of `count` letters and digits without look-alikes: 5 bits each, to be read and typed by people."""
    return Secret("".join(_random.choice("23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(count)))


def new_reference() -> str:
    """A name for a message, to be read out and typed: eight letters without look-alikes. No secret, and no number to call."""
    letters = "".join(_random.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def same(left: str | bytes, right: str | bytes) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(_octets(left), _octets(right))


def same_as_any(left: str, candidates: Iterable[str]) -> bool:
    """Whether it equals one of them; each comparison in constant time."""
    return any(same(left, one) for one in candidates)


def _octets(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
