"""The windows of the same features as DuckDB and Polars compute them over a table of all events: what a batch of them would cost.

Neither knows disputes, or the order of events within one millisecond: what is given otherwise is counted, not mended. They stand in
the dependency group `bench`. The time is CPU time of all their threads, without loading.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.feature import Aggregate, Feature, FeatureSet
from sekisho.domain.monitoring.policy import MonitoringPolicy

__all__ = ["Table", "installed", "table_of", "with_duckdb", "with_polars"]

Table = dict[str, list[Any]]
_COLUMNS = ("at", "kind", "trader", "account", "device", "network", "symbol", "payee", "side", "liquidity", "amount_jpy", "known_client")
_HABIT = int(MonitoringPolicy().habit_after.total_seconds() * 1000)
_SQL = {
    Aggregate.COUNT: "count({})", Aggregate.SUM: "sum({})", Aggregate.MEAN: "avg({})", Aggregate.STDDEV: "stddev_pop({})",
    Aggregate.MIN: "min({})", Aggregate.MAX: "max({})", Aggregate.DISTINCT: "count(DISTINCT {})",
}  # fmt: skip


def installed() -> bool:
    return all(find_spec(name) for name in ("duckdb", "polars"))


def table_of(events: Iterable[MonitoredEvent]) -> Table:
    chosen = list(events)
    return {"place": list(range(len(chosen))), **{name: [event.value(name) for event in chosen] for name in _COLUMNS}}


def with_duckdb(table: Table, features: FeatureSet) -> tuple[float, Table]:
    """CPU seconds, and the values of each window in the order of the events."""
    import duckdb
    import polars

    windows = _windows(features)
    wanted = ", ".join(f"{_in_sql(feature)} AS {feature.name}" for feature in windows)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "events.parquet"
        polars.DataFrame(table).write_parquet(path)
        connection.execute(f"CREATE TABLE events AS SELECT * FROM read_parquet('{path}')")
        began = time.process_time()
        connection.execute(f"CREATE TABLE found AS SELECT place, {wanted} FROM events")
        taken = time.process_time() - began
        rows = connection.execute("SELECT * EXCLUDE place FROM found ORDER BY place").fetchall()
    return taken, dict(zip([feature.name for feature in windows], zip(*rows, strict=True), strict=True))  # type: ignore[arg-type]


def with_polars(table: Table, features: FeatureSet) -> float:
    """CPU seconds. Windows of the same keys and times are computed together."""
    import polars

    frame = polars.DataFrame(table)
    windows = [feature for feature in _windows(features) if feature.over is not None]
    began = time.process_time()
    frame = frame.with_columns(*[_masked(polars, feature) for feature in windows])
    for (keys, over, delay), members in groupby(sorted(windows, key=_frame), key=_frame):
        made = frame.rolling("at", period=f"{over}i", offset=f"-{over + delay}i", group_by=list(keys), closed="right")
        found = made.agg(*[_in_polars(polars, feature) for feature in members])
        if len(found) != len(frame):
            raise RuntimeError("Polars gave another number of rows")
    return time.process_time() - began


def _windows(features: FeatureSet) -> list[Feature]:
    return [feature for feature in features.features if isinstance(feature, Feature)]


def _frame(feature: Feature) -> tuple[tuple[str, ...], int, int]:
    return feature.keys, feature.over or 0, _HABIT if feature.habit else feature.delay


def _condition(feature: Feature) -> str:
    kinds = ", ".join(f"'{kind}'" for kind in feature.kinds)
    where = f" AND {feature.where.text}".replace('"', "'").replace("==", "=") if feature.where else ""
    return f"kind IN ({kinds}){where}"


def _in_sql(feature: Feature) -> str:
    keys, over, delay = _frame(feature)
    parted = f'PARTITION BY {", ".join(keys)} ORDER BY "at"'
    if feature.over is None:  # seconds_since_previous
        before = f"({parted}, place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        return f'("at" - max(CASE WHEN {_condition(feature)} THEN "at" END) OVER {before}) / 1000'
    end = f"{delay} PRECEDING" if delay else "CURRENT ROW"
    window = f"({parted} RANGE BETWEEN {over + delay - 1} PRECEDING AND {end}{' EXCLUDE CURRENT ROW' if feature.prior else ''})"
    aggregate = _SQL[feature.aggregate].format(f'CASE WHEN {_condition(feature)} THEN "{feature.field or "at"}" END')
    return f"coalesce({aggregate} OVER {window}, 0)" if feature.aggregate is Aggregate.SUM else f"{aggregate} OVER {window}"


def _masked(polars: Any, feature: Feature) -> Any:
    """The values that count, as a column of their own."""
    return polars.when(polars.sql_expr(_condition(feature))).then(polars.col(feature.field or "at")).alias(feature.name)


def _in_polars(polars: Any, feature: Feature) -> Any:
    values = polars.col(feature.name)
    match feature.aggregate:
        case Aggregate.COUNT:
            return values.count()
        case Aggregate.SUM:
            return values.sum()
        case Aggregate.MEAN:
            return values.mean()
        case Aggregate.STDDEV:
            return values.std(ddof=0)
        case Aggregate.DISTINCT:
            return values.drop_nulls().n_unique()
        case other:
            raise ValueError(f"{other} is not among the bench's windows")
