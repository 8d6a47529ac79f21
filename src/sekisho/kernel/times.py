"""Times are aware UTC datetimes with millisecond steps; durations are read in one place."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["cut", "from_ms", "parse_duration", "show_duration", "to_ms", "utc_now"]

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SHORT = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def utc_now() -> datetime:
    """The wall clock, cut to milliseconds."""
    return cut(datetime.now(UTC))


def cut(moment: datetime) -> datetime:
    """The millisecond in which it lies."""
    return moment - timedelta(microseconds=moment.microsecond % 1000)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00Z; a naive datetime is an error."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def parse_duration(value: object) -> timedelta:
    """`"15m"`, `"1h30m"`, `900`, `"900"` (seconds) or ISO 8601 `"PT15M"`. Booleans, signs and blanks are errors (ValueError)."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError('a duration is a text such as "15m" or a number of seconds')
    if isinstance(value, int | float):
        return _positive(value)
    text = value.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return _positive(float(text))
    if text and "".join(m.group() for m in _SHORT.finditer(text)) == text:
        return _positive(sum(float(number) * _UNITS[unit] for number, unit in _SHORT.findall(text)))
    iso = _ISO.fullmatch(text)
    if iso and any(iso.groups()):
        weeks, days, hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    raise ValueError(f'{text!r} is no duration: write it as "15m", "12h", seconds, or "PT15M"')


def _positive(seconds: float) -> timedelta:
    if not 0 <= seconds <= 100 * 366 * 86400:
        raise ValueError("a duration is between 0 and 100 years")
    return timedelta(seconds=seconds)


def show_duration(span: timedelta) -> str:
    """The shortest text that `parse_duration` reads back: `15m`, `1h30m`, `250ms`."""
    milliseconds = span // timedelta(milliseconds=1)
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
