"""Which passwords are taken, and why one is not (N09-N20; V6.2). No composition rules; the whole password is compared."""

from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from sekisho.kernel.bounds import within
from sekisho.kernel.secrets import Secret

__all__ = ["PasswordPolicy", "PasswordProblem", "common_passwords", "normalised", "problems_of"]


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The numbers of passwords.

    shortest: fewest characters (Unicode code points) of a password (N10: at least 8; DESIGN §5: 12).
    longest: most characters; longer ones are refused, never cut (N11, N12: at least 64).
    """

    shortest: int = 12
    longest: int = 128

    def __post_init__(self) -> None:
        within("shortest", self.shortest, 8, 64, source="NIST SP 800-63B-4 §3.1.1.2")
        within("longest", self.longest, 64, 1024, source="NIST SP 800-63B-4 §3.1.1.2")


class PasswordProblem(StrEnum):
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    BREACHED = "breached"
    CONTAINS_NAME = "contains_name"
    CONTAINS_FIRM = "contains_firm"
    UNPRINTABLE = "unprintable"
    SAME = "same"  # as the one to be changed


def normalised(password: Secret) -> Secret:
    """NFC, so that the same letters typed on another keyboard match (a stated deviation from V6.2.8; N17)."""
    return Secret(unicodedata.normalize("NFC", password.reveal()))


@cache
def common_passwords() -> frozenset[str]:
    """Common passwords of 12 or more characters, lower-cased (R16); built from public lists, packed in the wheel."""
    packed = resources.files("sekisho.domain.authentication") / "data" / "common_passwords.txt.gz"
    return frozenset(gzip.decompress(packed.read_bytes()).decode().splitlines())


def problems_of(
    password: Secret, username: str, firm_names: tuple[str, ...], breached: Callable[[Secret], bool], policy: PasswordPolicy
) -> tuple[PasswordProblem, ...]:
    """Every reason against this password, none if it is taken. breached: looks it up in the imported list, if there is one."""
    text = password.reveal()
    folded = text.casefold()
    if len(text) > policy.longest:
        return (PasswordProblem.TOO_LONG,)
    found = []
    if len(text) < policy.shortest:
        found.append(PasswordProblem.TOO_SHORT)
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        return (*found, PasswordProblem.UNPRINTABLE)
    if folded in common_passwords() or len(set(folded)) <= 3:
        found.append(PasswordProblem.COMMON)
    elif breached(password):
        found.append(PasswordProblem.BREACHED)
    if len(username) >= 4 and username.casefold() in folded:
        found.append(PasswordProblem.CONTAINS_NAME)
    if any(len(name) >= 3 and name.casefold() in folded for name in firm_names):
        found.append(PasswordProblem.CONTAINS_FIRM)
    return tuple(found)
