"""What the house of these tests is fitted with: a clock in the test's hand, counted storage, the firm's numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

import pytest
from sqlalchemy import ClauseElement

from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.adapters.storage import Sealing, SqlStorage, open_storage
from sekisho.adapters.storage.line import Line, Parameters
from sekisho.domain.authentication.codes import CodePolicy
from sekisho.domain.authentication.passwords import PasswordPolicy
from sekisho.domain.authentication.sends import SendPolicy
from sekisho.domain.firm import FirmPolicy
from sekisho.domain.ip_restrictions import IpRestrictionPolicy
from sekisho.domain.lockout import LockoutPolicy
from sekisho.domain.sessions import SessionPolicy
from sekisho.flows.dependencies import NoMonitor, Policies
from sekisho.flows.ports.geodata import NOWHERE, Origin
from sekisho.flows.ports.monitoring import Draft, Monitor, Outcome
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.errors import unavailable

START = datetime(2026, 4, 1, 9, 0, 0, 123000, tzinfo=UTC)


class Clock:
    """Stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


class CountedStorage:
    """The storage, with its write transactions counted: what an outsider could measure."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage
        self.database = storage.database
        self.commits = 0
        self.readings = 0
        self.failing = False  # as a database that is full, or gone

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        if self.failing:
            raise unavailable("the database takes nothing")
        with self._storage.transaction() as tx:
            yield tx
        self.commits += 1

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        self.readings += 1
        with self._storage.reading() as tx:
            yield tx

    def clock(self) -> datetime:
        return self._storage.clock()

    def newest_time(self) -> datetime | None:
        return self._storage.newest_time()


def count_statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by the text of every statement that is sent to the database from now on."""
    sent: list[str] = []
    execute = Line._execute

    def counted(line: Line, statement: ClauseElement, parameters: Parameters) -> object:
        sent.append(str(statement).split(" FROM ")[0][:200])
        return execute(line, statement, parameters)

    monkeypatch.setattr(Line, "_execute", counted)
    return sent


@dataclass
class Watching:
    """An Observer that remembers."""

    outcomes: list[str] = field(default_factory=list)

    def login(self, outcome: str) -> None:
        self.outcomes.append(f"login {outcome}")

    def code(self, outcome: str) -> None:
        self.outcomes.append(f"code {outcome}")

    def session(self, outcome: str) -> None:
        self.outcomes.append(f"session {outcome}")

    def event_conflict(self) -> None:
        self.outcomes.append("event conflict")


class WhenOpen:
    """The way into the event log, once a test has opened one; as in `bootstrap`, who serves holds it before there is an owner."""

    writer: Monitor = NoMonitor()

    def submit(self, drafts: Sequence[Draft]) -> Future[list[Outcome]]:
        return self.writer.submit(drafts)

    def judged(self, event: str, patience: timedelta) -> bool:
        return self.writer.judged(event, patience)


class Atlas:
    """Places of the addresses that documents are written with."""

    built = datetime(2026, 1, 1, tzinfo=UTC)

    credits = ()

    def look(self, address: IPv4Address | IPv6Address | None) -> Origin:
        return Origin("JP", "AS64500 Example Network") if address is not None and str(address).startswith("203.0.113.") else NOWHERE


def default_policies() -> Policies:
    firm = FirmPolicy("Sakura Securities", "Sakura", "0120-000-000")
    return Policies(
        firm=firm, lockout=LockoutPolicy(), sessions=SessionPolicy(), passwords=PasswordPolicy(), codes=CodePolicy(), sends=SendPolicy(),
        ip_restrictions=IpRestrictionPolicy(),
        portal_host="portal.example", notice_life=timedelta(days=1), mail=True,
    )  # fmt: skip


def open_sealed_storage(url: str, keyring: FileKeyring) -> SqlStorage:
    """The storage as the house opens it: personal fields sealed by the real keyring."""
    sealing = Sealing(
        mac=lambda data: keyring.keyed_hash(Purpose.TOKENS, data.hex()).encode(),
        seal=lambda plain, context: keyring.seal(Purpose.FIELDS, plain, context),
        open=lambda sealed, context: keyring.open(Purpose.FIELDS, sealed, context),
    )
    return open_storage(url, sealing)
