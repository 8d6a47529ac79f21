"""`sekisho keyring`: the file of keys and the database, in the order in which no node meets a key that it does not hold (R9)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sekisho.adapters.cryptography.key_lines import KeyLine, changing_keys, new_key, read_keys, replace_keys
from sekisho.adapters.storage.audit_personal import wrapped
from sekisho.bootstrap.house import House, named_key
from sekisho.flows.ports.keyed_rows import Lasting, SealedText
from sekisho.flows.ports.security import Purpose
from sekisho.flows.rotate_keys import (
    LATE,
    KeysUsed,
    Moved,
    change_key,
    end_lasting,
    keys_used,
    note_resealed,
    note_retired,
    reseal,
)
from sekisho.kernel.errors import Kind, SekishoError, invalid

__all__ = ["KeyShown", "Retired", "Rotated", "add_key", "keys_shown", "retire", "rotate"]

_HEARD = 3.0  # seconds in which every node that runs has read a new file and the database's word; it looks each second
_SETTLED = timedelta(minutes=1)
_PASSES = 5
_NOTHING = Lasting(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class KeyShown:
    """texts: how many it sealed."""

    key: str
    made: datetime
    in_use: bool
    texts: int


@dataclass(frozen=True, slots=True)
class Rotated:
    """made: whether the key was made now. changed: whether it came into use now."""

    key: str
    made: bool
    changed: bool
    moved: Moved


@dataclass(frozen=True, slots=True)
class Retired:
    keys: tuple[str, ...]
    ended: Lasting


def keys_shown(house: House) -> tuple[list[KeyShown], KeysUsed]:
    used = keys_used(house.clock(), house.keyring, house.storage)
    return [KeyShown(line.id, line.made, line.id == used.in_use, used.sealed.get(line.id, 0)) for line in _lines(house)], used


def add_key(house: House) -> KeyLine:
    """A new key in the file, not in use yet: for nodes on several machines, whose files are brought up to date before `rotate`."""
    with changing_keys(_path(house)):
        lines = _lines(house)
        if lines[0].id != house.keyring.key_id:
            raise SekishoError(
                Kind.CONFLICT,
                "A new key waits in the file. Copy the file to every node, then run `sekisho keyring rotate`.",
                lines[0].id,
            )
        return _added(lines, house)


def rotate(house: House, actor: str, told: Callable[[int, int | None], None], wait: Callable[[float], None] = time.sleep) -> Rotated:
    """The newest key of the file is in use, and everything sealed is sealed by it. One that was cut off is finished, else a key is made.

    Raises SekishoError; run again it goes on.
    """
    with changing_keys(_path(house)):
        lines = _lines(house)
        used = keys_used(house.clock(), house.keyring, house.storage)
        held = {line.id for line in lines}
        cut_off = lines[0].id != used.in_use or any(key in held and key != used.in_use for key in used.sealed)
        newest = lines[0] if cut_off else _added(lines, house)
        changed = newest.id != used.in_use
        if changed:
            wait(_HEARD)
            change_key(newest.id, actor, house.clock(), house.keyring, house.storage)
            wait(_HEARD)
        moved = _reseal_all(house, told)
        note_resealed(moved, actor, house.clock(), house.keyring, house.storage)
        return Rotated(newest.id, not cut_off, changed, moved)


def _reseal_all(house: House, told: Callable[[int, int | None], None]) -> Moved:
    """Until a pass finds nothing: a request that began before the change may have sealed with the older key behind the first one."""
    moved = Moved()
    for _ in range(_PASSES):
        some = reseal(house.keyring, lambda row: _wrapped(row, house), house.storage, told)
        moved = Moved(moved.texts + some.texts, some.unreadable)
        if not some.texts:
            break
    return moved


def _wrapped(row: SealedText, house: House) -> str:
    keyring = house.keyring
    return wrapped(
        row.row,
        row.text,
        lambda plain, context: keyring.seal(Purpose.FIELDS, plain, context),
        lambda sealed, context: keyring.open(Purpose.FIELDS, sealed, context),
    )


def retire(house: House, actor: str, end: bool) -> Retired:
    """Older keys leave the file. Refused while something needs them. end: what was hashed under them is ended first."""
    with changing_keys(_path(house)):
        lines = _lines(house)
        now = house.clock()
        used = keys_used(now, house.keyring, house.storage)
        older = tuple(line.id for line in lines if line.id != used.in_use)
        if not older:
            return Retired((), _NOTHING)
        _check_free(lines, used, now, end)
        ended = end_lasting(min(now, used.since + LATE), now, house.storage) if end and used.since else _NOTHING
        note_retired(older, ended, actor, now, house.storage)
        replace_keys(_path(house), [line for line in lines if line.id == used.in_use])
        return Retired(older, ended)


def _check_free(lines: list[KeyLine], used: KeysUsed, now: datetime, end: bool) -> None:
    if lines[0].id != used.in_use or any(used.sealed.get(line.id) for line in lines[1:]):
        raise invalid("A rotation is not finished: older keys still seal something.", "run `sekisho keyring rotate`")
    if used.since is None or (now >= used.since + LATE and not used.lasting.any):
        return
    if now < used.since + _SETTLED:
        raise invalid("The key came into use a moment ago.", "wait a minute, then run this again")
    if not end and not used.lasting.any:
        raise invalid(
            "Older keys are still needed, by what was hashed under them.",
            f"a request that began before the change may be under way; run this again after {used.since + LATE:%Y-%m-%d %H:%M} UTC",
        )
    if not end:
        lasting = used.lasting
        raise invalid(
            "Older keys are still needed, by what was hashed under them.",
            f"{lasting.sessions:,} sessions, {lasting.known_clients:,} known clients, {lasting.logins:,} logins in progress,"
            f" {lasting.activations:,} activation codes, {lasting.broker_keys:,} broker keys from before"
            f" {used.since + LATE:%Y-%m-%d %H:%M} UTC; they end by themselves within 90 days, and a broker key moves when it is used."
            " If a key was stolen, end them now: sekisho keyring retire --end-logins",
        )


def _added(lines: list[KeyLine], house: House) -> KeyLine:
    fresh = new_key(house.clock())
    replace_keys(_path(house), [fresh, *lines])
    house.keyring.refresh()
    return fresh


def _lines(house: House) -> list[KeyLine]:
    return read_keys(_path(house), house.settings.server.data_folder)


def _path(house: House) -> Path:
    return named_key(house.settings.keyring.file, "keyring.file")
