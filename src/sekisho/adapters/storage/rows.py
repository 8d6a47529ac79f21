"""Between columns and domain values: times, durations and lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast

from sekisho.kernel.events import Fact
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["facts_of", "facts_text", "moment", "ms", "names_of", "names_text", "span", "span_ms"]

_MILLISECOND = timedelta(milliseconds=1)


def ms(value: datetime | None) -> int | None:
    return None if value is None else to_ms(value)


def moment(value: int | None) -> datetime | None:
    return None if value is None else from_ms(value)


def span_ms(value: timedelta | None) -> int | None:
    return None if value is None else value // _MILLISECOND


def span(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(milliseconds=value)


def names_text(names: frozenset[str]) -> str:
    return json.dumps(sorted(names)) if names else "[]"


def names_of(text: str) -> frozenset[str]:
    return frozenset(json.loads(text)) if text != "[]" else frozenset()


def facts_text(facts: Mapping[str, Fact]) -> str:
    return json.dumps(dict(facts), sort_keys=True, separators=(",", ":")) if facts else "{}"


def facts_of(text: str) -> dict[str, Fact]:
    return cast("dict[str, Fact]", json.loads(text))
