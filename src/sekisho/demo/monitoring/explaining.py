"""A verdict of the demo in words: each rule that fired, condition by condition, with the values as they were stored."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from sekisho.adapters.engines.judge import book_of
from sekisho.bootstrap.house import House
from sekisho.demo.monitoring.watch import Seen
from sekisho.domain.monitoring.explanation import explain
from sekisho.domain.monitoring.listing import Hits
from sekisho.domain.monitoring.rule import RuleBook
from sekisho.domain.monitoring.shipped import shipped_rules
from sekisho.texts.formats import Formats
from sekisho.texts.monitoring import Told, tell

__all__ = ["told_of"]

_read_row = msgspec.msgpack.Decoder(list[str | int | float | bool | None]).decode


def told_of(seen: Seen, house: House, formats: Formats) -> list[Told]:
    """Nothing for an event of which no rule spoke, or that was not judged."""
    row = seen.row
    if row.rules is None or row.features is None or not seen.kept.reasons:
        return []
    book = _book(_text_of(row.rules, house))
    hits = Hits(found=[(name, value) for name, value in seen.kept.hits])
    explained = explain(book, row.event, _read_row(row.features), hits)
    return [tell(one, book.features, formats) for one in explained if one.fired]


def _text_of(version: int, house: House) -> str:
    """Version 0 is what Sekisho brings."""
    if version == 0:
        return shipped_rules()
    with house.storage.reading() as tx:
        found = tx.rule_sets.get(version)
    return found.text if found else shipped_rules()


@lru_cache(maxsize=4)
def _book(text: str) -> RuleBook:
    return book_of(text)
