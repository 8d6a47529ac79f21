"""The state of an engine as bytes: what each key remembers; windows are made anew from it.

Bound to the features and to the numbers that decide what is remembered. A digest tells damage.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec

from sekisho.adapters.engines.groups import Group, KeyState
from sekisho.adapters.engines.windows import Series
from sekisho.domain.monitoring.policy import MonitoringPolicy

__all__ = ["Snapshot", "SnapshotRefused", "policy_numbers", "read_snapshot", "restored_group", "saved_group", "write_snapshot"]

_MAGIC: Final = b"sekisho engine 1\n"
_DIGEST: Final = 32
_SECOND: Final = timedelta(seconds=1)


class SnapshotRefused(ValueError):
    """The log has to be replayed from its beginning, or from another snapshot."""


class SavedKey(msgspec.Struct, array_like=True):
    """series: by stream the columns, or None. endless: the times that are kept for ever."""

    key: str | list[str]
    newest: int
    series: list[list[list[Any]] | None]
    endless: list[int | None]


class SavedGroup(msgspec.Struct, array_like=True):
    keys: list[SavedKey]
    evicted: int
    truncated: list[int]


class Snapshot(msgspec.Struct, array_like=True):
    fingerprint: str
    policy: list[int]
    at: int
    sequence: int
    groups: list[SavedGroup]


def policy_numbers(policy: MonitoringPolicy) -> list[int]:
    """What decides what is remembered."""
    spans = (policy.habit_after, policy.latest, policy.habit_latest)
    return [policy.largest_window, *(int(span / _SECOND * 1000) for span in spans)]


def write_snapshot(snapshot: Snapshot) -> bytes:
    body = msgspec.msgpack.encode(snapshot)
    return _MAGIC + sha256(body).digest() + body


def read_snapshot(data: bytes, fingerprint: str, policy: list[int]) -> Snapshot:
    body = data[len(_MAGIC) + _DIGEST :]
    if not data.startswith(_MAGIC) or sha256(body).digest() != data[len(_MAGIC) : len(_MAGIC) + _DIGEST]:
        raise SnapshotRefused("this is no snapshot of an engine of this version, or it is damaged")
    try:
        found = msgspec.msgpack.decode(body, type=Snapshot)
    except msgspec.MsgspecError as error:
        raise SnapshotRefused("this is no snapshot of an engine of this version") from error
    if found.fingerprint != fingerprint:
        raise SnapshotRefused(f"the snapshot is of features {found.fingerprint[:12]}, not of {fingerprint[:12]}")
    if found.policy != policy:
        raise SnapshotRefused(f"the snapshot was made under other numbers: {found.policy}, not {policy}")
    return found


def saved_group(group: Group) -> SavedGroup:
    return SavedGroup([_saved_key(group, key) for key in group.turns], group.evicted, [stream.truncated for stream in group.streams])


def _saved_key(group: Group, key: Any) -> SavedKey:
    state = group.states[key]
    series = [None if each is None else each.living() for each in state.series]
    return SavedKey(key, state.newest, series, [state.values[slot] for slot in group.endless])


def restored_group(group: Group, saved: SavedGroup, at: int) -> None:
    for stream, truncated in zip(group.streams, saved.truncated, strict=True):
        stream.truncated = truncated
    group.evicted = saved.evicted
    for each in saved.keys:
        key = tuple(each.key) if isinstance(each.key, list) else each.key
        group.turns.append(key)
        state = group.states[key] = KeyState(group.empty.copy(), len(group.streams))
        state.newest = each.newest
        for slot, value in zip(group.endless, each.endless, strict=True):
            state.values[slot] = value
        _refill(group, key, state, each.series)
        group.advance(state, at)


def _refill(group: Group, key: Any, state: KeyState, saved: list[list[list[Any]] | None]) -> None:
    for stream, columns in zip(group.streams, saved, strict=True):
        if columns is None:
            continue
        series = state.series[stream.number] = Series(stream)
        series.refill(columns, state.values)
        if stream.habit:
            stream.places.update((id, key) for id in series.columns[stream.ids] if id is not None)
