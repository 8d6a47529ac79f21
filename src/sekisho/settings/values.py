"""Reading one value as the type that its setting declares. A text is no number in TOML, and a boolean never is one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from sekisho.kernel.secrets import Secret
from sekisho.kernel.times import parse_duration
from sekisho.settings.origin import Given

__all__ = ["is_secret", "read_value"]

_LONGEST_NUMBER = 18  # digits; more fits no setting and is slow to read


def read_value(kind: Any, given: Given) -> Any:
    """The value as `kind`; ValueError says what is expected, and never repeats a secret."""
    kind = _without_none(kind)
    origin = get_origin(kind)
    if origin is Literal:
        return _choice(get_args(kind), given)
    if set(get_args(kind)) == {IPv4Network, IPv6Network}:
        return _network(given)
    if origin is tuple:
        return tuple(read_value(get_args(kind)[0], part) for part in _list(given))
    if origin is not None and issubclass(origin, Mapping):
        return _texts(given)
    try:
        return _READERS[kind](given)
    except OverflowError:
        raise ValueError("must be smaller") from None


def is_secret(kind: Any) -> bool:
    return _without_none(kind) is Secret


def _without_none(kind: Any) -> Any:
    """`X` of `X | None`."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    arms = tuple(arm for arm in get_args(kind) if arm is not type(None))
    return arms[0] if len(arms) == 1 else Union[arms]  # noqa: UP007 - arms are known at run time only


def _str(given: Given) -> str:
    if not isinstance(given.value, str):
        raise ValueError("must be a text in quotes")
    if "\x00" in given.value:
        raise ValueError("must not hold a NUL character")
    return given.value


def _int(given: Given) -> int:
    value = given.value
    if given.text and isinstance(value, str):
        if not re.fullmatch(rf"[+-]?[0-9]{{1,{_LONGEST_NUMBER}}}", value.strip()):
            raise ValueError(f"must be a whole number, not {value[:40]!r}")
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number without quotes, not {_shown(value)}")
    return value


def _float(given: Given) -> float:
    value = given.value
    if given.text and isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", value.strip()):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"must be a number, not {_shown(value)}")
    return float(value)


def _bool(given: Given) -> bool:
    if given.text and given.value in ("true", "false"):
        return given.value == "true"
    if not isinstance(given.value, bool):
        raise ValueError(f"must be true or false, not {_shown(given.value)}")
    return given.value


def _duration(given: Given) -> timedelta:
    return parse_duration(given.value)


def _date(given: Given) -> date:
    value = given.value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        return date.fromisoformat(value.strip())
    raise ValueError(f"must be a day such as 2027-04-01, not {_shown(value)}")


def _path(given: Given) -> Path:
    text = _str(given)
    if not text.strip():
        raise ValueError("must name a file or folder; leave the key out to have none")
    path = Path(text).expanduser()
    return given.folder / path if given.folder else path


def _secret(given: Given) -> Secret:
    """Its text must not be told in an error."""
    if not isinstance(given.value, str) or not given.value.isprintable() or not given.value:
        raise ValueError("must be a text in quotes, not empty and without control characters")
    return Secret(given.value)


def _zone(given: Given) -> ZoneInfo:
    name = _str(given)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise ValueError(f'must be an IANA time zone such as "Asia/Tokyo", not {name[:60]!r}') from None


def _network(given: Given) -> IPv4Network | IPv6Network:
    text = _str(given).strip()
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(f'must be networks such as "10.1.2.0/24" without host bits, not {text[:60]!r}') from None


def _choice(choices: tuple[str, ...], given: Given) -> str:
    if not isinstance(given.value, str) or given.value not in choices:
        raise ValueError(f"must be one of {', '.join(json.dumps(choice) for choice in choices)}, not {_shown(given.value)}")
    return given.value


def _list(given: Given) -> list[Given]:
    """A TOML array; as text a JSON array, or parts between commas."""
    value = given.value
    if given.text and isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            return [Given(part, given.origin, False, given.folder) for part in _json(text, list)]
        return [Given(part.strip(), given.origin, True, given.folder) for part in text.split(",")] if text else []
    if not isinstance(value, list):
        raise ValueError(f"must be a list in brackets, not {_shown(value)}")
    return [Given(part, given.origin, False, given.folder) for part in value]


def _texts(given: Given) -> dict[str, str]:
    """A table of texts; as text a JSON object. Its values may be secrets and are never told."""
    value = _json(given.value, dict) if given.text and isinstance(given.value, str) else given.value
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("must be a table whose values are texts in quotes")
    return value


def _json(text: str, kind: type[Any]) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("must be JSON, or texts between commas") from None
    if not isinstance(value, kind):
        raise ValueError(f"must be a JSON {'object' if kind is dict else 'array'}")
    return value


def _shown(value: object) -> str:
    return f"the text {value[:40]!r}" if isinstance(value, str) else str(value)[:40]


_READERS: dict[Any, Callable[[Given], Any]] = {
    str: _str, int: _int, float: _float, bool: _bool, timedelta: _duration, date: _date, Path: _path, Secret: _secret, ZoneInfo: _zone,
}  # fmt: skip
