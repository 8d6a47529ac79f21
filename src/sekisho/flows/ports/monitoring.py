"""What flows ask of monitoring: the event log, rules, instructions, and who judges (R13, R14; MONITORING.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from sekisho.domain.instructions import Instruction, InstructionState
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.listing import Member
from sekisho.domain.monitoring.rule_set import RuleSet
from sekisho.domain.monitoring.verdict import Verdict

__all__ = ["Accepted", "Draft", "EventLog", "Instructions", "Judged", "Judge", "LoggedEvent", "Monitor", "Outcome", "Problem"]
__all__ += ["KeptReason", "KeptReasons", "RuleLists", "RuleSets", "SnapshotPart", "Snapshots"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules said. points: of live rules. reasons: `KeptReasons` as JSON. row: the feature values as msgpack. codes: of the rules
    that count."""

    verdict: Verdict
    points: int
    reasons: str
    row: bytes
    codes: tuple[str, ...] = ()


class KeptReason(msgspec.Struct, frozen=True):
    """A rule that fired, with the values of the names in it. counts: neither in shadow nor outside its rollout. en, ja: what it says."""

    rule: str
    code: str
    queue: str
    verdict: str
    points: int
    counts: bool
    values: dict[str, str | int | float | bool | None]
    en: str = ""
    ja: str = ""


class KeptReasons(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored with a verdict, so that it can be told and computed again. hits: list and value of what stood in a list.

    broken: rules that could not be computed. shadow: what the book in shadow would have said, where that is more than allow. thresholds:
    points from which challenge, hold and refuse were said; kept where rules fired, else there are no points.
    """

    reasons: list[KeptReason] = []
    broken: list[str] = []
    hits: list[list[str]] = []
    shadow: str = ""
    thresholds: list[int] = []


@dataclass(frozen=True, slots=True)
class Draft:
    """An event on its way into the log. hash: of what its source sent. instruction: stands in the same commit, with the verdict."""

    event: MonitoredEvent
    hash: str
    instruction: Instruction | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """again: it stood in the log already; then this is the answer of the first time. judged: None where it was logged and not evaluated."""

    event: MonitoredEvent
    verdict: Verdict
    points: int
    reasons: str
    judged: bool
    instruction: Instruction | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an event was not taken. id: with its source, as in the log. conflict: it stands there with another body (R14)."""

    id: str
    detail: str
    conflict: bool = False


Outcome = Accepted | Problem


class Judge(Protocol):
    """The engine with the live rules; single-threaded. A judge that raised, or whose commit failed, is thrown away and built anew."""

    @property
    def rules(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...
    def weigh(self, event: MonitoredEvent) -> Judged:
        """Feeds the event, then judges it."""

    def feed(self, event: MonitoredEvent) -> None: ...
    def snapshot(self) -> bytes: ...


class Monitor(Protocol):
    """The door to the log, wherever its owner is."""

    def submit(self, drafts: Sequence[Draft]) -> Future[list[Outcome]]:
        """Answered after the commit. Raises SekishoError UNAVAILABLE where no owner can be reached, BUSY when the queue is full; then
        nothing was taken. A future that fails with UNAVAILABLE: nothing was taken, or nobody knows; a repeat by the same id finds out."""

    def judged(self, event: str, patience: timedelta) -> bool:
        """Waits until that own event, already committed, was judged and acted on. False: its time is over, or nobody is there to judge."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A row of the log."""

    event: MonitoredEvent
    hash: str
    rules: int | None
    verdict: Verdict
    points: int
    features: bytes | None
    reasons: str


class EventLog(Protocol):
    """Append-only; sequences without a gap."""

    def last(self) -> tuple[int, int]:
        """Newest sequence and its `at`; (0, 0) of an empty log."""

    def known(self, ids: Sequence[str]) -> dict[str, LoggedEvent]: ...
    def logged(self, ids: Sequence[str]) -> set[str]:
        """Those of them that stand in the log."""

    def append(self, rows: Sequence[LoggedEvent]) -> None: ...
    def read(self, after: int, limit: int) -> list[LoggedEvent]:
        """In order of the sequence."""

    def bodies(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """For replay: sequence and encoded event."""

    def get(self, sequence: int) -> LoggedEvent | None: ...
    def of_account(self, account: str, limit: int) -> list[LoggedEvent]:
        """Newest first."""

    def logins_of(self, trader: str, since: datetime, limit: int) -> list[LoggedEvent]:
        """Completed logins, and sessions that were seen elsewhere, newest first."""

    def spoken(self, account: str | None, held: bool, limit: int) -> list[LoggedEvent]:
        """Of which more than allow was said, newest first. account: its id, or of all. held: only what was held or refused."""

    def purge(self, before: datetime, through: int, limit: int) -> tuple[int, int]:
        """The oldest of those before that moment and up to that sequence; how many went, and the sequence of the last of them. The newest
        event of the log always stays: numbers go on behind it."""

    def before(self, moment: datetime) -> int:
        """The sequence of the last event before that moment; 0 where there is none."""

    def counts(self, since: datetime, until: datetime) -> list[tuple[str, str, int]]:
        """Kind, verdict, and how many there are."""

    def intake(self, limit: int) -> list[tuple[int, str]]:
        """Own events that wait, oldest first."""

    def intake_count(self) -> int: ...
    def taken(self, numbers: Sequence[int]) -> None: ...


class RuleSets(Protocol):
    def add(self, row: RuleSet) -> int:
        """Its version; the one of `row` is not looked at."""

    def save(self, row: RuleSet) -> None: ...
    def get(self, version: int) -> RuleSet | None: ...
    def in_state(self, state: str) -> RuleSet | None:
        """The newest in that state."""

    def all(self) -> list[RuleSet]:
        """Newest first."""

    def lock(self) -> None:
        """Nobody else decides on versions before this transaction ends."""


class RuleLists(Protocol):
    def members(self, now: datetime) -> list[Member]:
        """Of every list, without those that have expired."""

    def of(self, name: str) -> list[Member]: ...
    def put(self, member: Member) -> None: ...
    def drop(self, name: str, member: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """A piece of an engine's state. id: of the snapshot. part: from 1 to `parts`. fingerprint: of the features. sequence: up to which it
    knows the log."""

    id: str
    part: int
    parts: int
    fingerprint: str
    sequence: int
    made: datetime
    data: bytes


class Snapshots(Protocol):
    """A snapshot is there as long as its last part is: one that was left half written, or is being dropped, is never read."""

    def add(self, part: SnapshotPart) -> None:
        """In their order; each may have a transaction of its own."""

    def newest(self, fingerprint: str) -> tuple[int, bytes] | None: ...
    def newest_of(self, fingerprint: str) -> tuple[int, datetime] | None:
        """Sequence and time of that one, without its data."""

    def outlived(self, fingerprint: str, others_before: datetime, torn_before: datetime) -> list[str]:
        """Which ones are needed no more: of these features all but the two newest, of others those made before that moment, and what was
        left half written before the other one."""

    def drop(self, snapshot: str, limit: int) -> int:
        """So many parts of it at the most, the last one first; how many went."""


class Instructions(Protocol):
    def add(self, instruction: Instruction) -> None: ...
    def lock(self, instruction: str) -> Instruction | None: ...
    def get(self, instruction: str) -> Instruction | None: ...
    def by_reference(self, references: Iterable[str]) -> dict[str, Instruction]: ...
    def save(self, instruction: Instruction) -> None:
        """A change of what was read; CONFLICT, by its version, where somebody else changed it in between."""

    def of_trader(self, trader: str, now: datetime, limit: int) -> list[Instruction]:
        """In his name, on accounts that he may act for now (R7); newest first."""

    def unanswered_by(self, trader: str, now: datetime) -> list[Instruction]:
        """Those of them that are challenged or held and not expired, newest first."""

    def open_of(self, account: str) -> list[Instruction]:
        """What is allowed, challenged or held on it, oldest first."""

    def in_state(self, accounts: Iterable[str], state: InstructionState) -> list[Instruction]:
        """Of any of these accounts, newest first."""

    def expired(self, now: datetime, limit: int) -> list[Instruction]:
        """Open ones whose time is over."""

    def purge(self, before: datetime, limit: int) -> int:
        """Deletes settled ones that were received before, oldest first; never an open one, nor one whose event the log still has."""
