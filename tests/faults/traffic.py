"""Parallel traffic over HTTPS, and a ledger of what its clients were told.

Three kinds of people: who guesses passwords, who guesses codes, who logs in rightly, giving the right code twice at a time and once more.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.enrolment import Person
from tests.faults.processes import Brokerage
from tests.faults.visitor import CUT, Answer, Visitor

__all__ = ["Ledger", "Spent", "traffic"]

_MOST_GUESSES = 60  # of one person in one round; at 99 the login would be restricted
_MOST_LOGINS = 4  # so that no session is replaced by a newer one (R6: ten of a trader)


@dataclass(frozen=True, slots=True)
class Spent:
    """A code that was given. sure: it was answered 200, so it may never be again; else no answer came."""

    person: Person
    login: str
    code: str
    sure: bool


@dataclass
class Ledger:
    """refused: answers 401 to a wrong password or code, by (trader, authenticator). given: how many were sent, answered or not."""

    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    given: Counter[tuple[str, str]] = field(default_factory=Counter)
    promised: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    tokens: list[tuple[Person, str]] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def guess(self, person: Person, kind: str, answer: Answer) -> None:
        with self._lock:
            self.given[person.id, kind] += 1
            self.refused[person.id, kind] += answer.status == 401
            self.statuses[answer.status] += 1

    def promise(self, person: Person) -> None:
        """A code was said to be on its way."""
        with self._lock:
            self.promised[person.id] += 1

    def right_code(self, person: Person, login: str, code: str, answers: Sequence[Answer]) -> None:
        """Of one code, given several times at once."""
        with self._lock:
            self.statuses.update(answer.status for answer in answers)
            taken = [answer for answer in answers if answer.status == 200]
            self.tokens += [(person, str(answer.body["session_token"])) for answer in taken]
            if taken or any(answer.status == CUT for answer in answers):
                self.spent.append(Spent(person, login, code, bool(taken)))
            if len(taken) > 1:
                self.twice.append(login)


@contextmanager
def traffic(house: Brokerage, guessers: Sequence[Person], tryers: Sequence[Person], traders: Sequence[Person]) -> Iterator[Ledger]:
    """Runs while the block runs. guessers guess passwords, tryers codes, traders log in."""
    ledger, stop = Ledger(), threading.Event()
    jobs: list[tuple[Callable[..., None], Person]] = []
    for job, people in ((_guess_passwords, guessers), (_guess_codes, tryers), (_log_in, traders)):
        jobs += [(job, person) for person in people]
    with ThreadPoolExecutor(len(jobs)) as threads:
        running = [threads.submit(job, person, house, ledger, stop) for job, person in jobs]
        try:
            yield ledger
        finally:
            stop.set()
        for one in running:
            one.result(60)  # raises what went wrong in its thread


def _guess_passwords(person: Person, house: Brokerage, ledger: Ledger, stop: threading.Event) -> None:
    with Visitor(person, house) as visitor:
        for number in range(_MOST_GUESSES):
            if stop.is_set():
                return
            answer = visitor.give_password(f"not the password {number}")
            ledger.guess(person, "password", answer)
            _rest(answer, stop)


def _guess_codes(person: Person, house: Brokerage, ledger: Ledger, stop: threading.Event) -> None:
    with Visitor(person, house) as visitor:
        for _ in range(_MOST_LOGINS):
            if stop.is_set() or (started := visitor.start_login()) is None:
                return
            ledger.promise(person)
            login, code = started
            for wrong in range(1, 5):
                answer = visitor.give_code(login, f"{(int(code) + wrong) % 10**6:06d}")
                ledger.guess(person, "phone", answer)
                _rest(answer, stop)


def _log_in(person: Person, house: Brokerage, ledger: Ledger, stop: threading.Event) -> None:
    with Visitor(person, house) as visitor, Visitor(person, house) as other:
        for _ in range(_MOST_LOGINS):
            if stop.is_set() or (started := visitor.start_login()) is None:
                return
            ledger.promise(person)
            answers: list[Answer] = []
            beside = threading.Thread(target=_give_beside, args=(other, started, answers))
            beside.start()
            answers.append(visitor.give_code(*started))
            beside.join()
            ledger.right_code(person, *started, [*answers, visitor.give_code(*started)])
            stop.wait(random.uniform(0, 0.1))


def _give_beside(visitor: Visitor, given: tuple[str, str], answers: list[Answer]) -> None:
    answers.append(visitor.give_code(*given))


def _rest(answer: Answer, stop: threading.Event) -> None:
    """Nobody is there just now: asked again in a moment."""
    if answer.status in (CUT, 503):
        stop.wait(0.05)
