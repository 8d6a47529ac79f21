"""Small worlds of features and events in which everything happens that may: equal times, late events, disputes, missing keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from sekisho.domain.monitoring.event import KINDS, MonitoredEvent
from sekisho.domain.monitoring.feature import FeatureSet
from sekisho.domain.monitoring.feature_text import read_features
from sekisho.domain.monitoring.policy import MonitoringPolicy

HOUR, DAY = 3_600_000, 86_400_000
START = 1_767_225_600_000

CONDITIONS: dict[str, Callable[[MonitoredEvent], bool]] = {
    'side == "buy"': lambda event: event.side == "buy",
    "amount_jpy >= 3": lambda event: event.amount_jpy is not None and event.amount_jpy >= 3,
    "not known_client": lambda event: event.value("known_client") is False,
    'present(country) and country == "JP"': lambda event: event.country == "JP",
    "lateness == 0": lambda event: event.lateness == 0,
    'side == "buy" and liquidity == "thin"': lambda event: event.side == "buy" and event.liquidity == "thin",
}
_WHERE = {"order.placed": 'side == "buy"', "withdrawal.requested": "amount_jpy >= 3", "login.completed": "not known_client"}
_EVERYWHERE = ('present(country) and country == "JP"', "lateness == 0")
_KINDS = ("login.completed", "withdrawal.requested", "order.placed", "session.ended")
_KEYS = ("account", "trader", "device", "network", "account, payee", "trader, device", "network, trader")
_SPANS = {"1s": 1000, "1h": HOUR, "1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
_GAPS = (0, 0, 0, 1, 999, 1000, HOUR - 1, HOUR, DAY - 1, DAY, 6 * DAY, 7 * DAY, 8 * DAY, 30 * DAY, 37 * DAY, 38 * DAY)


def features_of(text: str) -> FeatureSet:
    found = read_features(text)
    assert isinstance(found, FeatureSet), [str(problem) for problem in found]
    return found


def bounded(largest: int) -> MonitoringPolicy:
    """The policy with fewer events remembered than it lets anybody set, so that few events show what many do."""
    policy = MonitoringPolicy()
    object.__setattr__(policy, "largest_window", largest)
    return policy


@st.composite
def declarations(draw: st.DrawFn) -> FeatureSet:
    lines = [f"feature f{number} = {draw(_aggregates())}" for number in range(draw(st.integers(1, 10)))]
    numbers = [f"f{place}" for place, line in enumerate(lines) if "= last(country)" not in line] + ["amount_jpy", "hour", "lateness"]
    for number in range(draw(st.integers(0, 3))):
        function, arguments = draw(st.sampled_from([("ratio", 2), ("zscore", 3)]))
        chosen = draw(st.lists(st.sampled_from(numbers), min_size=arguments, max_size=arguments, unique=True))
        lines.insert(draw(st.integers(len(lines) - number, len(lines))), f"feature g{number} = {function}({', '.join(chosen)})")
    return features_of("\n".join(lines))


@st.composite
def _aggregates(draw: st.DrawFn) -> str:
    kinds = draw(st.lists(st.sampled_from(_KINDS), min_size=1, max_size=3, unique=True))
    fields = ["sum(amount_jpy)", "mean(amount_jpy)", "stddev(amount_jpy)", "min(amount_jpy)", "max(amount_jpy)", "distinct(country)"]
    times = ["first_seen", "seconds_since_previous"]
    endless = draw(st.sampled_from(["", "", "", *times]))
    aggregate = endless or draw(st.sampled_from(["count", *fields, "last(country)", "last(amount_jpy)", *times]))
    conditions = [*_EVERYWHERE, *([_WHERE[kinds[0]]] if len(kinds) == 1 and kinds[0] in _WHERE else [])]
    where = draw(st.sampled_from(["", "", *(f" where {each}" for each in conditions)]))
    window = ""
    if not endless:
        shifts = ["", "", " delay 1h", " delay 7d", " habit"] + ([] if aggregate == "seconds_since_previous" else [" prior"])
        window = f" over {draw(st.sampled_from(list(_SPANS)))}{draw(st.sampled_from(shifts))}"
    elif endless == "first_seen":
        window = draw(st.sampled_from(["", " prior"]))
    return f"{aggregate} of {', '.join(kinds)}{where} by {draw(st.sampled_from(_KEYS))}{window}"


@st.composite
def streams(draw: st.DrawFn, most: int = 60) -> list[MonitoredEvent]:
    """Accepted events in order; most gaps are such that something leaves a window just then, or just not yet."""
    at, events = START, list[MonitoredEvent]()
    for sequence in range(1, draw(st.integers(1, most)) + 1):
        at += draw(st.sampled_from(_GAPS))
        lateness = draw(st.sampled_from([0, 0, 0, 0, 1, 300, 301, 86_400, 86_401]))
        columns: dict[str, Any] = {
            "at": at, "own_time": at - 1000 * lateness, "lateness": lateness, "sequence": sequence, "hour": sequence % 24, "weekday": 0,
        }  # fmt: skip
        kind = draw(st.sampled_from([*_KINDS, "login.completed", "event.disputed"]))
        for column, values in _COLUMNS.items():
            needed = column in KINDS[kind].needs
            columns[column] = draw(st.sampled_from([value for value in values if value is not None or not needed]))
        extra: dict[str, str | int | bool] = {"known_client": draw(st.booleans())} if kind == "login.completed" else {}
        if kind == "event.disputed":
            extra["disputed"] = f"e{draw(st.integers(1, sequence + 1))}"  # one before, itself, or one that is yet to come
        events.append(MonitoredEvent(f"e{sequence}", kind, extra=extra or None, **columns))
    return events


_COLUMNS: dict[str, list[Any]] = {
    "account": ["a1", "a1", "a2", None],
    "trader": ["t1", "t1", "t2", None],
    "device": ["d1", "d2", None],
    "network": ["n1", "n2", None],
    "payee": ["p1", "p2", None],
    "country": ["JP", "JP", "KR", None],
    "amount_jpy": [1, 2, 3, 3, 10**12, 0, -5, None],
    "side": ["buy", "sell"],
    "liquidity": ["thin", "liquid"],
}
