"""Events and labels as files: JSON lines, or Parquet when the name ends so and pyarrow is there (extra `sekisho[parquet]`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sekisho.demo.simulation.desk import EventLine, Label
from sekisho.domain.monitoring.event import FIELDS, FieldType
from sekisho.kernel.errors import invalid

__all__ = ["read_events", "read_labels", "write_events", "write_lines"]

Line = TypeVar("Line", bound=msgspec.Struct)
Take = Callable[[Sequence[Line]], None]
_BATCH = 50_000


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
def write_events(path: Path) -> Iterator[Take[EventLine]]:
    """The same for events, as Parquet when the name ends in .parquet."""
    if path.suffix != ".parquet":
        with write_lines(path) as take_lines:
            yield take_lines
        return
    arrow, parquet = _arrow()
    schema = arrow.schema([(name, arrow.int64() if kind is FieldType.INTEGER else arrow.string()) for name, kind in _COLUMNS.items()])
    try:
        file = parquet.ParquetWriter(path, schema, compression="zstd")
    except OSError as error:
        raise invalid("The file cannot be written.", f"{path}: {error.strerror}") from None
    with file:
        yield lambda events: file.write_table(arrow.table(_columns(events), schema=schema))


def read_events(path: Path) -> Iterator[EventLine]:
    """Events in the order of the file. SekishoError INVALID names the file and the line that is none."""
    if path.suffix == ".parquet":
        _, parquet = _arrow()
        with _readable(path), parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH):
                yield from map(_of_row, batch.to_pylist())
        return
    yield from _read(path, EventLine)


def read_labels(path: Path) -> dict[str, Label]:
    """By the event's id."""
    return {label.event: label for label in _read(path, Label)}


def _read(path: Path, kind: type[Line]) -> Iterator[Line]:
    decoder = msgspec.json.Decoder(kind)
    with _readable(path), path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                raise invalid("A line of the file cannot be read.", f"{path}, line {number}: {error}") from None


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise invalid("The file cannot be read.", f"{path}: {error.strerror or error}") from None


_COLUMNS = FIELDS | {"extra": FieldType.TEXT}
"""extra is JSON text in Parquet: its fields differ by kind."""


def _columns(events: Sequence[EventLine]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [getattr(event, name) for event in events] for name in FIELDS}
    columns["extra"] = [None if event.extra is None else msgspec.json.encode(event.extra).decode() for event in events]
    return columns


def _of_row(row: dict[str, Any]) -> EventLine:
    row["extra"] = None if row["extra"] is None else msgspec.json.decode(row["extra"])
    return EventLine(**row)


def _arrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise invalid("Parquet needs pyarrow: pip install 'sekisho[parquet]', or name a file that ends in .jsonl.", "pyarrow") from None
