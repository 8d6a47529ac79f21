"""Events of the broker's systems: each checked by its kind, then on their way into the log (MONITORING.md, R14).

What is wrong with one event refuses that one alone, with the reason. The id is the broker's; with the key that sent it, it names the
event for good: the same again is answered as the first time, the same id with another body is a conflict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from sekisho.domain.accounts.names import typed_username
from sekisho.domain.monitoring.event import BROKER_KINDS, FIELDS, KINDS, Extra, FieldType, MonitoredEvent
from sekisho.domain.monitoring.problem import did_you_mean
from sekisho.domain.monitoring.spelling import spelt
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.own_events import placed
from sekisho.flows.ports.monitoring import Draft, Outcome, Problem
from sekisho.kernel.addresses import parse_address
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.times import to_ms

__all__ = ["LARGEST_BATCH", "BrokerEvent", "KnownNames", "Taken", "id_of", "take_events", "tell_conflicts"]

LARGEST_BATCH = 1000
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Text = Annotated[str, msgspec.Meta(max_length=200)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
_Whole = Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)]
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LIQUIDITY = frozenset({"liquid", "normal", "thin"})
_SIDES = frozenset({"buy", "sell"})
_INSTRUCTIONS = frozenset({"withdrawal.requested", "order.placed", "bank_account.change_requested"})


class BrokerEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One event as the broker sends it. account: its number. trader: the username. time: when it happened, with its offset from UTC.

    session: a session of ours, where it is known. attributes: the further fields of its kind.
    """

    id: _Name
    kind: _Name
    time: datetime
    account: _Name | None = None
    trader: _Name | None = None
    device: _Name | None = None
    session: _Name | None = None
    channel: _Name | None = None
    address: _Name | None = None
    amount: _Count | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] | None = None
    amount_jpy: _Count | None = None
    symbol: _Name | None = None
    liquidity: _Name | None = None
    side: _Name | None = None
    quantity: _Count | None = None
    payee: _Name | None = None
    attributes: dict[_Name, bool | _Whole | _Text] = {}


@dataclass(frozen=True, slots=True)
class Taken:
    """problems: by place in the batch. waiting: the outcomes of the others, in their order, once they are on disk."""

    problems: Mapping[int, Problem]
    waiting: Future[list[Outcome]] | None


_encode = msgspec.json.Encoder(order="sorted").encode
_ADDED = ("device", "session", "channel", "address", "amount", "currency", "amount_jpy", "symbol", "liquidity", "side", "quantity", "payee")


class KnownNames:
    """Ids of accounts by number and of traders by username, once they were found: neither ever changes. Memory only, and bounded."""

    _MOST = 100_000

    def __init__(self) -> None:
        self.accounts: dict[str, str] = {}
        self.traders: dict[str, str] = {}

    def know(self, items: Sequence[Mapping[str, object]]) -> bool:
        """Whether nothing of these events has to be asked of the database; what is no text is refused without asking."""
        for item in items:
            account, trader = item.get("account"), item.get("trader")
            if isinstance(account, str) and _number(account) not in self.accounts:
                return False
            if isinstance(trader, str) and typed_username(trader) not in self.traders:
                return False
        return True

    def keep(self, accounts: Mapping[str, str], traders: Mapping[str, str]) -> None:
        for kept, found in ((self.accounts, accounts), (self.traders, traders)):
            if len(kept) + len(found) > self._MOST:
                kept.clear()
            kept.update(found)


def _number(account: str) -> str:
    return account.strip().upper().replace("\0", "\ufffd")  # which PostgreSQL cannot take; no number has it


def take_events(items: Sequence[object], source: str, names: KnownNames, deps: Dependencies) -> Taken:
    """items: as read from JSON. source: the system that sends them. Raises UNAVAILABLE and BUSY as `Monitor`; then none was taken."""
    problems: dict[int, Problem] = {}
    events: list[tuple[int, BrokerEvent]] = []
    for place, item in enumerate(items):
        try:
            events.append((place, msgspec.convert(item, BrokerEvent)))
        except msgspec.ValidationError as error:
            problems[place] = Problem(f"{source}:{id_of(item)}", str(error))
    ids = _ids_of([event for _, event in events], names, deps)
    drafts: list[Draft] = []
    for place, event in events:
        made = _draft(event, source, ids, deps)
        if isinstance(made, Problem):
            problems[place] = made
        else:
            drafts.append(made)
    return Taken(problems, deps.monitor.submit(drafts) if drafts else None)


def tell_conflicts(outcomes: Sequence[Outcome], actor: str, deps: Dependencies) -> None:
    """The same id with another body is a fault of the sender, or somebody who covers his tracks: in the audit, and an alert (R14)."""
    with deps.storage.transaction() as tx:
        for one in outcomes:
            if isinstance(one, Problem) and one.conflict:
                facts: dict[str, Fact] = {"event": one.id}
                tx.audit.append(Event(EventKind.EVENT_CONFLICTED, actor=actor, facts=facts), deps.clock())
                deps.observer.event_conflict()


def id_of(item: object) -> str:
    """The id of an event as it was sent; empty where it has none."""
    found = item.get("id") if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class _Ids:
    accounts: Mapping[str, str]
    traders: Mapping[str, str]


def _ids_of(events: Sequence[BrokerEvent], known: KnownNames, deps: Dependencies) -> _Ids:
    """One question for all names of a batch that are not known yet."""
    numbers = {_number(event.account) for event in events if event.account}
    names = {typed_username(event.trader) for event in events if event.trader}
    found = _Ids(_some(known.accounts, numbers), _some(known.traders, names))
    numbers -= found.accounts.keys()
    names -= found.traders.keys()
    if not numbers and not names:
        return found
    with deps.storage.reading() as tx:
        accounts = tx.accounts.ids_of(numbers) if numbers else {}
        traders = tx.traders.ids_of(names) if names else {}
    known.keep(accounts, traders)
    return _Ids({**found.accounts, **accounts}, {**found.traders, **traders})


def _some(known: Mapping[str, str], wanted: Iterable[str]) -> dict[str, str]:
    return {name: id_ for name in wanted if (id_ := known.get(name)) is not None}


def _draft(event: BrokerEvent, source: str, ids: _Ids, deps: Dependencies) -> Draft | Problem:
    id_, problem = f"{source}:{event.id}", _problem(event, ids)
    if problem:
        return Problem(id_, problem)
    known = {name: getattr(event, name) for name in _ADDED}
    if known["amount_jpy"] is None and event.currency == "JPY":
        known["amount_jpy"] = event.amount
    said = MonitoredEvent(
        id=id_,
        kind=event.kind,
        own_time=to_ms(event.time),
        account=ids.accounts[_number(event.account)] if event.account else None,
        trader=ids.traders[typed_username(event.trader)] if event.trader else None,
        extra=dict(event.attributes) or None,
        **known,
    )
    made = spelt(said)
    absent = sorted(name for name in KINDS[event.kind].needs - _GIVEN if made.value(name) is None)
    if absent:
        return Problem(id_, f"{event.kind} needs {', '.join(absent)}")
    return Draft(placed(made, deps.geodata), hashlib.sha256(_encode(event)).hexdigest())


_GIVEN = frozenset({"id", "kind", "own_time", "at", "sequence", "hour", "weekday", "lateness"})


def _problem(event: BrokerEvent, ids: _Ids) -> str:
    """What is wrong with it, or nothing."""
    if event.kind not in BROKER_KINDS:
        made_here = " is made by Sekisho itself" if event.kind in KINDS else " is no kind of event"
        return f"{event.kind}{made_here}; {did_you_mean(event.kind, BROKER_KINDS)}".rstrip("; ")
    if event.time.tzinfo is None:
        return "time needs its offset from UTC, such as Z or +09:00"
    if event.time < _EARLIEST:
        return "its time lies before 1970"
    if event.account and _number(event.account) not in ids.accounts:
        return "there is no account of that number"
    if event.trader and typed_username(event.trader) not in ids.traders:
        return "there is no trader of that name"
    if event.currency == "JPY" and event.amount is not None and event.amount_jpy not in (None, event.amount):
        return "amount_jpy is another than amount, though the currency is JPY"
    if event.address is not None and parse_address(event.address) is None:
        return "its address is no IP address; write it alone, without port or brackets"
    if event.liquidity is not None and event.liquidity not in _LIQUIDITY:
        return "liquidity is liquid, normal or thin"
    if event.side is not None and event.side not in _SIDES:
        return "side is buy or sell"
    return _attribute_problem(event.kind, event.attributes)


def _attribute_problem(kind: str, attributes: Mapping[str, Extra]) -> str:
    declared = KINDS[kind].extra
    for name, value in attributes.items():
        if name in FIELDS or name not in declared:
            advice = did_you_mean(name, declared)
            return f"{kind} has no attribute of that name" + (f"; {advice}" if advice else "")
        if not _fits(value, declared[name]):
            return f"{name} is of type {declared[name]}"
    return ""


def _fits(value: Extra, wanted: FieldType) -> bool:
    if wanted is FieldType.BOOLEAN:
        return isinstance(value, bool)
    return isinstance(value, str if wanted is FieldType.TEXT else int) and not isinstance(value, bool)
