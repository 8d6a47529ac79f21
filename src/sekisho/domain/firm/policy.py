"""What the firm tells about itself, with its bounds and sources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

__all__ = ["LANGUAGES", "FirmPolicy"]

LANGUAGES = ("en", "ja")  # the languages of the catalogue
_TOKYO = ZoneInfo("Asia/Tokyo")
_ID = re.compile(r"[a-z][a-z0-9-]{0,31}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{1,18}")


@dataclass(frozen=True, slots=True)
class FirmPolicy:
    """One installation serves one firm.

    name: the firm's name as customers know it, at most 24 characters so that messages stay short.
    short_name: the name in titles and menus, at most 12 characters; a password may contain neither name (N13, V6.2.11).
    service_phone: the published telephone number; the only one that a message or a page ever shows (R10, J09).
    id: a lasting short name of the firm for machines; a changed one makes another firm.
    time_zone: days, market hours and shown times follow it; an IANA name such as "Asia/Tokyo".
    languages: languages of pages and messages; of the catalogue ("en", "ja").
    default_language: the language for those who chose none; one of `languages`.
    phishing_resistant_from: the day from which login is phishing-resistant, shown to customers in interim mode;
    `serve` does not start in interim mode without it (R4, J06).
    """

    name: str
    short_name: str
    service_phone: str
    id: str = "firm"
    time_zone: ZoneInfo = _TOKYO
    languages: tuple[str, ...] = ("ja", "en")
    default_language: str = "ja"
    phishing_resistant_from: date | None = None

    def __post_init__(self) -> None:
        _check_name("name", self.name, 24)
        _check_name("short_name", self.short_name, 12)
        if not _PHONE.fullmatch(self.service_phone) or sum(sign.isdigit() for sign in self.service_phone) < 3:
            raise ValueError('service_phone must be the published telephone number, at most 20 characters, such as "0120-000-000"')
        if not _ID.fullmatch(self.id):
            raise ValueError("id must be 1 to 32 of a-z, 0-9 and -, and begin with a letter")
        strange = [language for language in self.languages if language not in LANGUAGES]
        if strange or not self.languages or len(set(self.languages)) != len(self.languages):
            raise ValueError(f"languages must name some of {', '.join(LANGUAGES)}, each once")
        if self.default_language not in self.languages:
            raise ValueError(f"default_language must be one of the firm's languages ({', '.join(self.languages)})")


def _check_name(field: str, name: str, longest: int) -> None:
    """A name that is short, printable and not only blanks; control characters would break messages and logs (R10)."""
    if not 1 <= len(name) <= longest or not name.isprintable() or name != name.strip():
        raise ValueError(f"{field} must have 1 to {longest} printable characters, without blanks at its ends")
