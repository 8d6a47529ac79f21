"""Dates, times, durations and masked addresses as people read them, in both languages and in the firm's time zone.

Standard library only: Babel is a tool of the build. Times come as aware UTC datetimes; days and hours follow `firm.time_zone`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sekisho.texts.catalogue import Language, translator

__all__ = ["Formats", "masked_email", "masked_phone"]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DOT = "·"


@dataclass(frozen=True, slots=True)
class Formats:
    """How one reader sees times: his language, the firm's zone."""

    language: Language
    zone: ZoneInfo

    def date(self, moment: datetime) -> str:
        """`22 November 2025`, `2025年11月22日`."""
        local = self._local(moment)
        if self.language is Language.JA:
            return f"{local.year}年{local.month}月{local.day}日"
        return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"

    def time(self, moment: datetime) -> str:
        """`09:05`, on the 24-hour clock in both languages."""
        return f"{self._local(moment):%H:%M}"

    def date_and_time(self, moment: datetime) -> str:
        """`22 November 2025, 09:05`, `2025年11月22日 09:05`."""
        return f"{self.date(moment)}{self._gap()}{self.time(moment)}"

    def exact(self, moment: datetime) -> str:
        """To the second and with the zone: `22 November 2025, 09:05:07 JST`."""
        return f"{self.date(moment)}{self._gap()}{self._local(moment):%H:%M:%S %Z}"

    def duration(self, span: timedelta) -> str:
        """`10 minutes`, `10分`; `1 hour 30 minutes`, `1時間30分`. Rounded up to whole seconds, so that a wait never ends early."""
        seconds = max(0, -(-span // timedelta(seconds=1)))
        words = translator(self.language)
        days, seconds = divmod(seconds, 86_400)
        hours, seconds = divmod(seconds, 3_600)
        minutes, seconds = divmod(seconds, 60)
        parts = [
            words.plural("%(count)d day", "%(count)d days", days) if days else "",
            words.plural("%(count)d hour", "%(count)d hours", hours) if hours else "",
            words.plural("%(count)d minute", "%(count)d minutes", minutes) if minutes else "",
            words.plural("%(count)d second", "%(count)d seconds", seconds) if seconds or not (days or hours or minutes) else "",
        ]
        return ("" if self.language is Language.JA else " ").join(part for part in parts if part)

    def number(self, count: int) -> str:
        """`12,345` in both languages."""
        return f"{count:,}"

    def money(self, minor: int, currency: str) -> str:
        """`¥12,345`, `12,345円`; `USD 123.45`. minor: minor units; yen has none."""
        if currency == "JPY":
            return f"{minor:,}円" if self.language is Language.JA else f"¥{minor:,}"
        return f"{currency} {minor // 100:,}.{minor % 100:02d}"

    def _local(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return moment.astimezone(self.zone)

    def _gap(self) -> str:
        return " " if self.language is Language.JA else ", "


# ITU-T E.164: the country codes of one and two digits; every other one has three.
_COUNTRY_CODE = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|...")


def masked_phone(number: str) -> str:
    """An E.164 number with its last two digits alone: `+81 ·· ···· ··42`. Something else becomes dots throughout."""
    digits = number.removeprefix("+")
    code = _COUNTRY_CODE.match(digits)
    if code is None or not number.startswith("+") or not re.fullmatch("[0-9]{7,15}", digits):
        return _DOT * 8
    hidden = _DOT * (len(digits) - code.end() - 2) + digits[-2:]
    first = len(hidden) % 4
    groups = [hidden[:first], *(hidden[at : at + 4] for at in range(first, len(hidden), 4))]
    return " ".join(["+" + code[0], *(group for group in groups if group)])


def masked_email(address: str) -> str:
    """The first letter and the domain: `h···@example.jp`; the length of the rest is not told."""
    name, at, domain = address.rpartition("@")
    return f"{name[0]}{_DOT * 3}@{domain}" if at and name and domain else _DOT * 8
