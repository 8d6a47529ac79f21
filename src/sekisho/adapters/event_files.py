"""Events as files: JSON lines, or Parquet when the name ends so and pyarrow is there (extra `sekisho[parquet]`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sekisho.domain.monitoring.event import FIELDS, FieldType, MonitoredEvent
from sekisho.flows.ports.monitoring import LoggedEvent
from sekisho.kernel.errors import invalid

__all__ = ["EventLine", "LoggedLine", "new_file", "readable", "read_events", "read_lines", "write_events", "write_lines"]

Line = TypeVar("Line", bound=msgspec.Struct)
Take = Callable[[Sequence[Line]], None]
_BATCH = 50_000


class EventLine(MonitoredEvent, frozen=True, gc=False, array_like=False, omit_defaults=True):
    """The same event, written as an object with the fields that it has."""


class LoggedLine(EventLine, frozen=True, gc=False, array_like=False, omit_defaults=True):
    """With what was said of it. rules: version that judged it; None where it came too late. reasons: JSON text."""

    rules: int | None = None
    verdict: str = "allow"
    points: int = 0
    reasons: str = "{}"

    @classmethod
    def of(cls, row: LoggedEvent) -> LoggedLine:
        fields = {name: getattr(row.event, name) for name in row.event.__struct_fields__}
        return cls(**fields, rules=row.rules, verdict=row.verdict.value, points=row.points, reasons=row.reasons)


_COLUMNS: dict[str, FieldType] = FIELDS | {"extra": FieldType.TEXT}
"""extra is JSON text in Parquet: its fields differ by kind."""
_SAID: dict[str, FieldType] = {
    "rules": FieldType.INTEGER, "verdict": FieldType.TEXT, "points": FieldType.INTEGER, "reasons": FieldType.TEXT,
}  # fmt: skip


@contextmanager
def new_file(path: Path, ending: str = "") -> Iterator[Path]:
    """A file of mode 0600 to write, which gets its name at the end; until then its name has that ending, too. One that exists is refused;
    a failure leaves none behind."""
    if path.exists():
        raise invalid("This file exists already and is not overwritten.", str(path))
    part = path.with_name(f".{os.getpid()}.{path.name}{ending}")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        yield part
        part.rename(path)
    except OSError as error:
        raise invalid("The file cannot be written.", f"{path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def write_lines(path: Path) -> Iterator[Take[msgspec.Struct]]:
    """Takes structs and appends each as a line of JSON. SekishoError INVALID when the file cannot be made."""
    encoder = msgspec.json.Encoder()
    try:
        file = path.open("wb")
    except OSError as error:
        raise invalid("The file cannot be written.", f"{path}: {error.strerror}") from None
    with file:
        yield lambda items: None if not items else (file.write(b"\n".join(map(encoder.encode, items)) + b"\n"), None)[1]


@contextmanager
def write_events(path: Path, kind: type[EventLine] = EventLine) -> Iterator[Take[Any]]:
    """The same for events of that kind, as Parquet when the name ends in .parquet."""
    if path.suffix != ".parquet":
        with write_lines(path) as take_lines:
            yield take_lines
        return
    arrow, parquet = _arrow()
    columns = _COLUMNS | (_SAID if issubclass(kind, LoggedLine) else {})
    schema = arrow.schema([(name, arrow.int64() if one is FieldType.INTEGER else arrow.string()) for name, one in columns.items()])
    try:
        file = parquet.ParquetWriter(path, schema, compression="zstd")
    except OSError as error:
        raise invalid("The file cannot be written.", f"{path}: {error.strerror}") from None
    with file:
        yield lambda events: file.write_table(arrow.table(_by_column(events, columns), schema=schema))


def read_events(path: Path) -> Iterator[EventLine]:
    """Events in the order of the file. SekishoError INVALID names the file and the line that is none."""
    if path.suffix == ".parquet":
        _, parquet = _arrow()
        with readable(path), parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH):
                yield from map(_of_row, batch.to_pylist())
        return
    yield from read_lines(path, EventLine)


def read_lines(path: Path, kind: type[Line]) -> Iterator[Line]:
    """Fields that the kind does not know are left out. SekishoError INVALID as `read_events`."""
    decoder = msgspec.json.Decoder(kind)
    with readable(path), path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                raise invalid("A line of the file cannot be read.", f"{path}, line {number}: {error}") from None


@contextmanager
def readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise invalid("The file cannot be read.", f"{path}: {error.strerror or error}") from None


def _by_column(events: Sequence[EventLine], columns: Mapping[str, FieldType]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [getattr(event, name) for event in events] for name in columns}
    found["extra"] = [None if event.extra is None else msgspec.json.encode(event.extra).decode() for event in events]
    return found


def _of_row(row: dict[str, Any]) -> EventLine:
    known = {name: row[name] for name in _COLUMNS}
    known["extra"] = None if known["extra"] is None else msgspec.json.decode(known["extra"])
    return EventLine(**known)


def _arrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise invalid("Parquet needs pyarrow: pip install 'sekisho[parquet]', or name a file that ends in .jsonl.", "pyarrow") from None
