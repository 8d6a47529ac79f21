"""The login history: a trader's own, and for who manages an account's security that of its traders (V7.5, J13, R7).

The logins of a person are his own. Of a delegate only those are shown that fall into his mandate, from its beginning to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sekisho.domain.accounts import Right
from sekisho.flows.checkpoint import account_for, refuse_object
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.own_gate import LoginFilter, Outcome, PastLogin
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.decision import Refused

__all__ = ["PAGE", "History", "Older", "Shown", "Wanted", "see_history"]

PAGE = 50
_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)  # the login of this moment counts too
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody whose logins this trader may see. spans: when they fall into it; they do not overlap."""

    id: str
    name: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Older:
    """Where the next page begins: behind so many logins of that moment."""

    at: datetime
    skip: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """person: None for all whom he may see. since, until: None for all that is kept. outcome: None for both."""

    person: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    older: Older | None = None


@dataclass(frozen=True, slots=True)
class History:
    """people: all whom he may see, himself first. logins: newest first. older: None on the last page."""

    people: list[Shown]
    logins: list[PastLogin]
    older: Older | None

    @property
    def names(self) -> dict[str, str]:
        return {one.id: one.name for one in self.people}


def see_history(live: LiveSession, wanted: Wanted, limit: int, deps: Dependencies) -> History:
    """One page of it. Raises MISSING for a person who is not his to see, and audits it (R7)."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        people = _people(live, now, tx, deps)
        asked = [one for one in people if wanted.person in (None, one.id)]
        logins, older = _page(asked, wanted, limit, tx)
    if not asked:
        refuse_object(live, "trader", wanted.person or "", deps)
    return History(people, logins, older)


def _people(live: LiveSession, now: datetime, tx: Transaction, deps: Dependencies) -> list[Shown]:
    """Himself, then by name the traders of accounts whose security he manages, past ones too."""
    kept_since, end = now - deps.policies.sessions.keep_logins, now + _SECOND
    names: dict[str, str] = {}
    spans: dict[str, list[Span]] = {}
    for account, _ in tx.accounts.acted_for_by(live.trader.id, now):
        if isinstance(account_for(live, account.id, Right.MANAGE_SECURITY, now, tx), Refused):
            continue
        for mandate, trader in tx.accounts.mandates_on(account.id):
            since, until = max(mandate.since, kept_since), min(mandate.until or end, end)
            if trader.id != live.trader.id and since < until:
                names[trader.id] = trader.name
                spans.setdefault(trader.id, []).append((since, until))
    others = [Shown(trader, names[trader], tuple(_merged(spans[trader]))) for trader in spans]
    return [Shown(live.trader.id, live.trader.name, ((kept_since, end),)), *sorted(others, key=lambda one: (one.name, one.id))]


def _merged(spans: list[Span]) -> Iterator[Span]:
    """Mandates on several accounts may overlap; no login shall stand there twice."""
    start, end = min(spans)
    for since, until in sorted(spans):
        if since > end:
            yield start, end
            start, end = since, until
        end = max(end, until)
    yield start, end


def _page(people: list[Shown], wanted: Wanted, limit: int, tx: Transaction) -> tuple[list[PastLogin], Older | None]:
    passed = wanted.older.skip if wanted.older else 0
    found = [
        login
        for one in people
        for since, until in one.spans
        for login in tx.logins.of([one.id], _cut(wanted, since, until), limit + passed + 1)
    ]
    found.sort(key=lambda login: (login.at, login.trader), reverse=True)
    logins = found[passed : passed + limit]
    if len(found) <= passed + limit or not logins:
        return logins, None
    last = logins[-1].at
    skip = sum(login.at == last for login in found[: passed + limit])
    return logins, Older(last, skip)


def _cut(wanted: Wanted, since: datetime, until: datetime) -> LoginFilter:
    since = max(since, wanted.since) if wanted.since else since
    until = min(until, wanted.until) if wanted.until else until
    if wanted.older:
        until = min(until, wanted.older.at + _MILLISECOND)
    return LoginFilter(since, until, wanted.outcome)
