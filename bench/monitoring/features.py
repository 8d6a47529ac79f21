"""Features a second on one core: the engine fed event by event, a replay of the encoded log, and the same windows in DuckDB and Polars."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from statistics import median

import msgspec

from bench.figures import Figure, at_least, information
from bench.monitoring.peers import Table, installed, table_of, with_duckdb, with_polars
from bench.monitoring.stream import events
from sekisho.adapters.engines.engine import Engine
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.feature import FeatureSet, Row
from sekisho.domain.monitoring.feature_text import read_features
from sekisho.domain.monitoring.policy import MonitoringPolicy

__all__ = ["bench_rules", "measure"]

_EVENTS = 200_000
_ROUNDS = 3


def bench_features() -> FeatureSet:
    found = read_features((Path(__file__).parent / "features.txt").read_text(encoding="utf-8"))
    if not isinstance(found, FeatureSet):
        raise RuntimeError("\n".join(map(str, found)))
    return found


def bench_rules() -> str:
    """The 14 features and the 50 rules on them, as one file."""
    return "".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("features.txt", "rules.txt"))


def measure(number: int = _EVENTS) -> list[Figure]:
    """Rates are events a CPU second; all take turns, so that what else the machine does falls on all alike."""
    features = bench_features()
    stream = list(events(number))
    log = [msgspec.msgpack.encode(event) for event in stream]
    table = table_of(stream) if installed() else {}
    seconds: dict[str, list[float]] = {"engine": [], "replay": [], "duckdb": [], "polars": []}
    theirs: Table = {}
    for _ in range(_ROUNDS):
        seconds["engine"].append(_fed(features, stream))
        seconds["replay"].append(_replayed(features, log))
        if table:
            taken, theirs = with_duckdb(table, features)
            seconds["duckdb"].append(taken)
            seconds["polars"].append(with_polars(table, features))
    rates = {name: number / median(taken) if taken else None for name, taken in seconds.items()}
    return [
        at_least(
            "features alone, events a CPU second",
            rates["engine"],
            60_000,
            "/s",
            seconds=seconds,
            events=number,
            features=len(features.names),
        ),
        at_least("replay of the encoded log, events a CPU second", rates["replay"], 50_000, "/s"),
        *(_beside(name, shown, rates) for name, shown in (("duckdb", "DuckDB"), ("polars", "Polars"))),
        information("values that DuckDB gives otherwise", _otherwise(features, stream, theirs) if theirs else None, "%"),
    ]


def _beside(name: str, shown: str, rates: dict[str, float | None]) -> Figure:
    """None when the peer is not installed (dependency group `bench`)."""
    peer, ours = rates[name], rates["engine"]
    return information(f"features alone ÷ {shown} over the whole table", ours / peer if ours and peer else None, "×", peer_rate=peer)


def _fed(features: FeatureSet, stream: list[MonitoredEvent]) -> float:
    engine = Engine(features, MonitoringPolicy())
    gc.collect()
    began = time.process_time()
    for event in stream:
        engine.feed(event)
    return time.process_time() - began


def _replayed(features: FeatureSet, log: list[bytes]) -> float:
    engine, decode = Engine(features, MonitoringPolicy()), msgspec.msgpack.Decoder(MonitoredEvent).decode
    gc.collect()
    began = time.process_time()
    for line in log:
        engine.feed(decode(line))
    return time.process_time() - began


def _otherwise(features: FeatureSet, stream: list[MonitoredEvent], theirs: Table) -> float:
    """The share of values that are there with us and differ, in percent; rounding is no difference."""
    engine = Engine(features, MonitoringPolicy())
    rows: list[Row] = [engine.feed(event) for event in stream]
    compared = differing = 0
    for name, values in theirs.items():
        place = features.places[name]
        for row, value in zip(rows, values, strict=True):
            ours = row[place]
            if isinstance(ours, int | float):
                compared += 1
                differing += value is None or abs(float(value) - ours) > 1e-6 * max(1.0, abs(ours))
    return 100 * differing / compared
