"""Steady questions while a fault lasts: session checks, right logins and codes, each answer with its time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

from tests.faults.enrolment import Person
from tests.faults.processes import Brokerage, until
from tests.faults.visitor import CUT, Answer, Visitor

__all__ = ["PATIENCE", "Probes", "probing"]

WITHIN = 2.0  # the promise: 503 within 2 s (DESIGN §4)
PATIENCE = 6.0  # what a test asserts: two busy cores add their own waits; the report tells the time measured


@dataclass
class Probes:
    """Answers by what was asked: "check" a session, "log in" with the right password, "code" of a login in progress."""

    answers: dict[str, list[Answer]] = field(default_factory=lambda: {"check": [], "log in": [], "code": []})

    def since(self, moment: float, what: str) -> list[Answer]:
        return [answer for answer in list(self.answers[what]) if answer.asked_at >= moment]

    def statuses(self, moment: float, what: str) -> Counter[int]:
        return Counter(answer.status for answer in self.since(moment, what))

    def slowest(self, moment: float) -> float:
        return max((answer.seconds for what in self.answers for answer in self.since(moment, what)), default=0.0)

    def refused_all(self, moment: float, what: str) -> None:
        """Asked at least once since, and never answered but by 503."""
        assert set(self.statuses(moment, what)) == {503}, (what, self.statuses(moment, what))

    def recovered(self, moment: float, seconds: float) -> float:
        """How long after `moment` everything was answered well again."""
        until(lambda: all(any(answer.status == 200 for answer in self.since(moment, what)) for what in ("check", "log in")), seconds)
        return time.monotonic() - moment


@contextmanager
def probing(house: Brokerage, checker: Person, logger: Person, coder: Person, crowd: int) -> Iterator[Probes]:
    """Each asks again when answered, from before the fault on. crowd: how many more check the session at the same time."""
    probes, stop = Probes(), threading.Event()
    with ExitStack() as others, Visitor(checker, house) as checking, Visitor(logger, house) as logging, Visitor(coder, house) as coding:
        token = checking.log_in()
        started = coding.start_login()
        assert started is not None
        login = started[0]
        asks: list[tuple[str, Callable[[], Answer]]] = [
            ("log in", lambda: logging.give_password(logger.password)),
            ("code", lambda: coding.send_code(login)),
        ]
        checkers = [checking, *(others.enter_context(Visitor(checker, house)) for _ in range(crowd))]
        asks += [("check", partial(visitor.check, token)) for visitor in checkers]

        def repeat(what: str, ask: Callable[[], Answer]) -> None:
            while not stop.wait(0.1 if what == "check" else 0.4):
                probes.answers[what].append(ask())

        threads = [threading.Thread(target=repeat, args=one, daemon=True) for one in asks]
        for thread in threads:
            thread.start()
        try:
            until(lambda: all(probes.answers.values()), 40)
            yield probes
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
    assert not any(answer.status == CUT for answers in probes.answers.values() for answer in answers)
