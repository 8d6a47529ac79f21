"""The broker's staff and the lists of addresses: an account's, or a delegate's, after an identity check; never a holder's own (R5, J20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.ip_restrictions import AddressList, Change, LineNote, change_list, read_entries
from sekisho.flows.address_lists import Guarded, guarded_account, guarded_trader, kept_list
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind
from sekisho.flows.ports.storage import ChangeKind, Transaction
from sekisho.flows.restrict_addresses import keep_change, known_addresses, tell
from sekisho.flows.unlock_login import StaffAct
from sekisho.kernel.errors import Kind, SekishoError, invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["StaffChange", "Target", "cancel_by_staff", "change_by_staff", "list_for_staff"]


@dataclass(frozen=True, slots=True)
class Target:
    """Exactly one of the two. account: its number. trader: his username."""

    account: str | None = None
    trader: str | None = None

    def __post_init__(self) -> None:
        if (self.account is None) == (self.trader is None):
            raise invalid("Name an account or a trader, one of the two.")


@dataclass(frozen=True, slots=True)
class StaffChange:
    """mended, problems: of the lines. change: None when a line could not be read; kept: whether it was stored."""

    mended: tuple[LineNote, ...]
    problems: tuple[LineNote, ...]
    change: Change | None
    kept: bool


def list_for_staff(target: Target, deps: Dependencies) -> tuple[Guarded, AddressList]:
    """Any list; looking is no change. Raises MISSING."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        guarded, _ = _guarded(target, now, tx)
        return guarded, kept_list(guarded, now, tx)


def change_by_staff(target: Target, text: str, act: StaffAct, deps: Dependencies, *, dry_run: bool = False) -> StaffChange:
    """Forbids at once and allows after the delay, as for the holder. Raises MISSING; FORBIDDEN for a holder's own list."""
    now, policy = deps.clock(), deps.policies.ip_restrictions
    reading = read_entries(text, deps.policies.firm.time_zone, policy.largest_list, now)
    if reading.problems:
        return StaffChange(reading.mended, reading.problems, None, kept=False)
    with deps.storage.transaction() as tx:
        guarded = _changeable(target, now, tx)
        kept = kept_list(guarded, now, tx, lock=True)
        change = change_list(kept, reading.entries, known_addresses(guarded, now, tx, deps), act.actor, policy, now)
        if not dry_run:
            keep_change(guarded, change, None, act.actor, _facts(act), now, tx, deps)
    if not dry_run:
        deps.outbox_ready()
    return StaffChange(reading.mended, (), change, kept=not dry_run)


def cancel_by_staff(target: Target, act: StaffAct, deps: Dependencies) -> AddressList:
    """What waits never takes effect. Raises MISSING, FORBIDDEN, INVALID when nothing waits."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        guarded = _changeable(target, now, tx)
        after = kept_list(guarded, now, tx, lock=True).cancelled(act.actor, now)
        tx.address_lists.save(after)
        if guarded.trader is not None:
            tx.changes.append(ChangeKind.TRADER, guarded.trader, now)
        event = Event(EventKind.ADDRESS_LIST_CANCELLED, act.actor, guarded.trader, guarded.account, "staff", _facts(act))
        tx.audit.append(event, now)
        tell(guarded, NoticeKind.ADDRESSES_CANCELLED, {"whose": guarded.title, "who": deps.policies.firm.name}, None, now, tx, deps)
    deps.outbox_ready()
    return after


def _facts(act: StaffAct) -> dict[str, Fact]:
    return {"identity_check": act.identity_check, "why": act.reason}


def _changeable(target: Target, now: datetime, tx: Transaction) -> Guarded:
    guarded, holders_own = _guarded(target, now, tx)
    if holders_own:
        raise SekishoError(Kind.FORBIDDEN, "Nobody but the holder changes the holder's own list.", "R5")
    return guarded


def _guarded(target: Target, now: datetime, tx: Transaction) -> tuple[Guarded, bool]:
    if target.trader is not None:
        found = guarded_trader(target.trader, now, tx)
        if found is None:
            raise missing(f"trader {target.trader}")
        return found
    guarded = guarded_account(str(target.account), tx)
    if guarded is None:
        raise missing(f"account {target.account}")
    return guarded, False
