"""A small house for tests of flows: real storage, keyring and hash pool; the clock is in the test's hand, and the hash is quick."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from sekisho.adapters.cryptography.hash_pool import Hashing, ThreadedHashPool
from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.adapters.memory.session_memory import FreshSessions
from sekisho.adapters.storage import SqlStorage
from sekisho.domain.accounts import Role, Trader
from sekisho.domain.audit.entry import AuditEntry
from sekisho.domain.authentication.hashing import HashPolicy
from sekisho.domain.sessions import Channel
from sekisho.flows.activate_trader import Activated, begin_activation, finish_activation
from sekisho.flows.add_account import NewTrader, TraderAdded, add_account, add_trader
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.caller import Caller
from sekisho.flows.change_password import PasswordChanged, PasswordRefused, change_password
from sekisho.flows.checkpoint import Action, live_session
from sekisho.flows.complete_login import Complete, submit_code
from sekisho.flows.dependencies import Dependencies, Policies
from sekisho.flows.log_in import PasswordStep, submit_password
from sekisho.flows.log_off import end_other_sessions
from sekisho.flows.ports.delivery import OutboxMessage
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import LoginRecord
from sekisho.flows.send_code import CodeStep, send_code
from sekisho.flows.step_up import begin_step_up
from sekisho.flows.unlock_login import StaffAct
from sekisho.kernel.decision import Decision, Reason, Refused
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret
from tests.fakes.quick_hashing import QuickHashing
from tests.flows.fittings import Atlas, Clock, CountedStorage, Watching, WhenOpen, default_policies, open_sealed_storage

__all__ = ["House", "Person", "caller", "open_sealed_storage", "wrong"]

PASSWORD = "plum blossom under snow"
NEW_PASSWORD = "seven cranes cross the ford"
PHONES = {"aiko": "+819012345678", "botan": "+818023456789", "chie": "+817034567890"}
STAFF = StaffAct("os:desk", "customer called in", "passport seen at the counter")
ACTION_TEXT = "change the password"
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Person:
    """A trader of the tests, enrolled, with the password he chose."""

    username: str
    id: str
    phone: str
    password: str = PASSWORD


def caller(address: str | None = "203.0.113.7", client_token: Secret | None = None, channel: Channel = Channel.PORTAL) -> Caller:
    """Somebody at the door; a client_token makes him a known client of whoever it belongs to."""
    found = None if address is None else ipaddress.ip_address(address)
    return Caller(found, "Firefox on Linux", channel, "en", "portal.example", client_token)


class House:
    """Every method does what its name says, with the flows alone; nothing reaches around them but `record` and `audit`, which read."""

    def __init__(self, storage: SqlStorage, keyring: FileKeyring, hashing: Hashing | None = None, policies: Policies | None = None) -> None:
        self.clock = Clock()
        self.keyring = keyring
        self.storage = CountedStorage(storage)
        self.quick = QuickHashing(keyring)
        self.pool = ThreadedHashPool(hashing or self.quick, HashPolicy(threads=2, queue_per_thread=256, per_source=4))
        self.threads = ThreadPoolExecutor(16, "flow")
        self.watching = Watching()
        self.log = WhenOpen()
        self.deps = Dependencies(
            storage=self.storage,
            keyring=keyring,
            hashing=self.pool,
            memory=FreshSessions(lambda: 0.0),
            policies=policies or default_policies(),
            clock=self.clock,
            run=self._off_loop,
            breached=lambda password: password.reveal() == "breached but not common",
            outbox_ready=lambda: None,
            observer=self.watching,
            geodata=Atlas(),
            monitor=self.log,
        )

    async def _off_loop(self, function: Callable[..., Result], /, *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *args)

    def close(self) -> None:
        self.quick.gate.set()
        self.pool.close()
        self.threads.shutdown()

    def with_policies(self, **changed: object) -> None:
        """From now on with other numbers, such as lockout=LockoutPolicy(…)."""
        self.deps = replace(self.deps, policies=replace(self.deps.policies, **changed))  # type: ignore[arg-type]

    # People

    def add(self, username: str = "aiko", email: str = "") -> TraderAdded:
        """An account and its holder, not yet activated."""
        number = f"SK-{len(username)}{username.upper()}".replace(".", "-")[:20]
        add_account(number, f"Account of {username}", "os:desk", self.deps)
        phone = PHONES.get(username, PHONES["aiko"])
        return add_trader(NewTrader(username, username.title(), phone, "en", {number: Role.HOLDER}, email), "os:desk", self.deps)

    def enrol(self, username: str = "aiko", password: str = PASSWORD) -> Person:
        """Added by staff, then activated by himself from his own address."""
        added = self.add(username)
        assert isinstance(self.activate(added, password), Activated)
        return Person(username, added.trader.id, PHONES.get(username, PHONES["aiko"]), password)

    def activate(self, added: TraderAdded, password: str = PASSWORD) -> Activated | PasswordRefused | Refused:
        token = self.begin_activation(added)
        return self.finish_activation(token, self.ask_code(token), password)

    def begin_activation(self, added: TraderAdded) -> Secret:
        """The first step, passed."""
        begun = begin_activation(added.trader.username, added.activation_code, caller("192.0.2.10"), self.deps)
        assert isinstance(begun, Begun), begun
        return begun.token

    def finish_activation(self, token: Secret, digits: str, password: str = PASSWORD) -> Activated | PasswordRefused | Refused:
        return asyncio.run(finish_activation(token, Secret(digits), Secret(password), caller("192.0.2.10"), self.deps))

    # The gate

    def give_password(self, username: str, password: str, who: Caller | None = None) -> Begun | Refused:
        return asyncio.run(submit_password(PasswordStep(username, Secret(password)), who or caller(), self.deps))

    def start(self, person: Person, who: Caller | None = None) -> Begun:
        """The first step, passed."""
        started = self.give_password(person.username, person.password, who)
        assert isinstance(started, Begun), started
        return started

    def asked(self, token: Secret, who: Caller | None = None) -> list[str]:
        """A code asked for: the codes that left, which are none when it was withheld."""
        before = {message.id for message in self.messages()}
        send_code(token, who or caller(), self.deps)
        return [message.code.reveal() for message in self.messages() if message.id not in before and message.code]

    def asked_blindly(self, token: Secret) -> None:
        """A code asked for; what becomes of it is for the outbox to say."""
        assert isinstance(send_code(token, caller(), self.deps), CodeStep)

    def ask_code(self, token: Secret, who: Caller | None = None) -> str:
        """A code asked for, and read from the phone."""
        (code,) = self.asked(token, who)
        return code

    def give_code(self, token: Secret, digits: str, who: Caller | None = None) -> Complete | Refused:
        return submit_code(token, Secret(digits), who or caller(), self.deps)

    def log_in(self, person: Person, who: Caller | None = None) -> Complete:
        """Both steps, passed."""
        started = self.start(person, who)
        outcome = self.give_code(started.token, self.ask_code(started.token, who), who)
        assert isinstance(outcome, Complete), outcome
        return outcome

    def fail_passwords(self, person: Person, count: int, who: Caller | None = None) -> list[Begun | Refused]:
        """Wrong passwords, each checked and counted unless the lane is restricted."""
        return [self.give_password(person.username, "a wrong password", who) for _ in range(count)]

    def fail_codes(self, token: Secret, right: str, count: int, who: Caller | None = None) -> list[Complete | Refused]:
        return [self.give_code(token, wrong(right), who) for _ in range(count)]

    def live(self, complete: Complete, channel: Channel = Channel.PORTAL, who: Caller | None = None) -> LiveSession | Refused:
        return self.look(complete.session_token, channel, who)

    def look(self, session_token: Secret, channel: Channel = Channel.PORTAL, who: Caller | None = None) -> LiveSession | Refused:
        return asyncio.run(live_session(session_token, channel, (who or caller()).address, self.deps))

    def look_at(self, live: LiveSession) -> Decision:
        """What the session's row says now."""
        with self.storage.reading() as tx:
            session = tx.sessions.by_token(live.session.token_hash)
        return session.admits(self.clock()) if session else Refused(Reason.SESSION_UNKNOWN)

    def present(self, complete: Complete) -> LiveSession:
        live = self.live(complete)
        assert isinstance(live, LiveSession), live
        return live

    def prove_password(self, live: LiveSession, password: str, who: Caller | None = None) -> Begun | Refused:
        step = begin_step_up(Action.CHANGE_PASSWORD, ACTION_TEXT, Secret(password), live, who or caller(), self.deps)
        return asyncio.run(step)

    def change(self, token: Secret, digits: str, live: LiveSession, new: str = NEW_PASSWORD) -> PasswordChanged | PasswordRefused | Refused:
        return asyncio.run(change_password(token, Secret(digits), Secret(new), live, caller(), self.deps))

    def change_password(self, person: Person, live: LiveSession, new: str = NEW_PASSWORD) -> PasswordChanged:
        """Both halves of the proof and the change."""
        step = self.prove_password(live, person.password)
        assert not isinstance(step, Refused), step
        changed = self.change(step.token, self.ask_code(step.token), live, new)
        assert isinstance(changed, PasswordChanged), changed
        return changed

    def all_at_once(self, flows: list[Coroutine[Any, Any, Result]]) -> list[Result]:
        """Each as a task of one loop, begun together."""

        async def run() -> list[Result]:
            return await asyncio.gather(*flows)

        return asyncio.run(run())

    def outcome_of(self, flow: Coroutine[Any, Any, object]) -> object:
        """What the flow answers; of a SekishoError its kind."""
        try:
            return asyncio.run(flow)
        except SekishoError as error:
            return error.kind.value

    def in_threads(self, function: Callable[[], Result], count: int) -> list[Result]:
        """The same call from `count` threads."""
        with ThreadPoolExecutor(min(count, 16)) as pool:
            return [done.result() for done in [pool.submit(function) for _ in range(count)]]

    def end_others(self, live: LiveSession, password: str = PASSWORD) -> int | Refused:
        return asyncio.run(end_other_sessions(Secret(password), live, caller(), self.deps))

    # What there is to see

    def messages(self) -> list[OutboxMessage]:
        """All that wait in the outbox; a peek that leaves them there."""
        found: list[OutboxMessage] = []

        class Peek(Exception): ...

        try:
            with self.storage.transaction() as tx:
                found = tx.outbox.claim_due(self.clock() + timedelta(days=30), 10_000)
                raise Peek
        except Peek:
            return sorted(found, key=lambda message: message.id)

    def kinds(self) -> Counter[str]:
        """Kinds of messages in the outbox."""
        return Counter(message.kind for message in self.messages())

    def audit(self) -> list[AuditEntry]:
        with self.storage.reading() as tx:
            return tx.audit.unsealed(100_000)

    def audited(self, kind: str, reason: str | None = None, **facts: object) -> int:
        """How many entries of that kind, reason and facts."""
        entries = [e for e in self.audit() if e.kind == kind and (reason is None or e.reason == reason)]
        return sum(facts.items() <= json.loads(entry.facts).items() for entry in entries)

    def audit_text(self) -> str:
        """Everything the audit log holds, personal fields opened."""
        lines = []
        for entry in self.audit():
            personal = self.keyring.open(Purpose.FIELDS, entry.personal, entry.id) if entry.personal else ""
            lines.append(f"{entry} {personal}")
        return "\n".join(lines)

    def record(self, person: Person) -> LoginRecord:
        with self.storage.reading() as tx:
            found = tx.traders.get(person.id)
        assert found is not None
        return found

    def failures(self, person: Person, lane: str = "strangers", method: str = "password") -> tuple[int, int]:
        """Consecutive failures of that lane, and the sum over all lanes."""
        authenticator = getattr(self.record(person), method)
        with self.storage.reading() as tx:
            attempts, total = tx.lockouts.read(authenticator.id, lane)
        return attempts.failures, total.failures

    def alter(self, person: Person, change: Callable[[Trader], Trader]) -> None:
        """What later flows will do (suspend, freeze): the trader's row as they leave it."""
        with self.storage.transaction() as tx:
            record = tx.traders.lock(person.id)
            assert record is not None
            altered = change(record.trader)
            tx.traders.save(replace(altered, gate_version=record.trader.gate_version + 1))
        self.deps.memory.forget_trader(person.id)


def wrong(right: str) -> str:
    """A code of the same length that is not this one."""
    return f"{(int(right) + 1) % 10 ** len(right):0{len(right)}d}"
