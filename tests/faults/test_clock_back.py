"""The machine's clock is set back under a running server: no code, session or restriction lives longer (R6).

`serve` gets a wall clock that a file moves (a `sitecustomize` of its own, since libfaketime is nowhere a given); nothing else is changed.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.faults.processes import Brokerage, open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.visitor import Visitor

_MOVED_CLOCK = """
import datetime, os, pathlib
from sekisho.kernel import times
_true = times.utc_now
def _moved():
    return _true() + datetime.timedelta(seconds=float(pathlib.Path(os.environ["FAULT_CLOCK"]).read_text()))
times.utc_now = _moved
"""
AN_HOUR = 3600.0
MARGIN = 4.0  # seconds before the end of a life; a busy machine takes some of them for a request
IDLE, CODE, RESTRICTED = 1800.0, 300.0, 900.0  # seconds; the defaults of a program's session, a code, and the fifth failure


class WallClock:
    """seconds: how far the server's wall clock stands from the true one."""

    def __init__(self, folder: Path, house: Brokerage) -> None:
        self._file = folder / "clock"
        self.set(0)
        (folder / "sitecustomize.py").write_text(_MOVED_CLOCK)
        house.more_env |= {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}
        house.more_env |= {"FAULT_CLOCK": str(self._file)}

    def set(self, seconds: float) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._file)


def _left(visitor: Visitor, token: str) -> int:
    answer = visitor.check(token)
    assert answer.status == 200, answer
    return int(answer.body["seconds_left"])


def test_a_clock_set_back_extends_nothing(tmp_path: Path, report: FaultReport) -> None:
    with open_brokerage(tmp_path, 3, more="", serve=False) as house:
        clock = WallClock(tmp_path, house)
        house.start()
        sitter, coder, guesser = (Visitor(person, house) for person in house.people)
        token, since = sitter.log_in(), time.monotonic()
        (login, code), coded = coder.start_login(30) or ("", ""), time.monotonic()
        for _ in range(5):
            assert guesser.give_password("not the password").status == 401
        guessed = time.monotonic()

        def just_before(life: float, began: float) -> None:
            """The clock is moved to shortly before the end of the life that began then, and set back by an hour."""
            clock.set(life - (time.monotonic() - began) - MARGIN)
            before = _left(sitter, token)
            clock.set(-AN_HOUR)
            assert _left(sitter, token) <= before

        just_before(CODE, coded)
        time.sleep(MARGIN + 1)  # not asked again and again: a code is given once
        assert coder.give_code(login, code).status == 401, "five minutes are over"
        before = _left(sitter, token)
        assert guesser.give_password("not the password").status == 401  # audited: the database has seen this moment
        house.kill("all")
        house.start()
        assert _left(sitter, token) <= before, "time goes on from the newest that the database has seen"
        just_before(RESTRICTED - MARGIN, guessed)
        assert guesser.give_password(guesser.person.password).status == 401, "still restricted"
        until(lambda: guesser.give_password(guesser.person.password).status == 200, 60)
        just_before(IDLE, since)
        until(lambda: sitter.check(token).status == 401, 30)  # half an hour without input is over
        report.add("clock set back by an hour", times=3, restarts=1)
        for visitor in (sitter, coder, guesser):
            visitor.close()


@pytest.mark.faults
@pytest.mark.postgres
def test_a_node_off_the_databases_clock_refuses_to_serve(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    """R6: more than a second off, it refuses; set back it goes on by the monotonic clock, which still agrees with the database's."""
    with open_brokerage(tmp_path, 1, own_server.new_database(), serve=False) as house:
        clock = WallClock(tmp_path, house)
        house.start()
        with Visitor(house.people[0], house) as visitor:
            token = visitor.log_in()
            clock.set(-AN_HOUR)
            time.sleep(3)
            assert visitor.check(token).status == 200
            clock.set(6)
            until(lambda: visitor.check(token).status == 503, 20)
            assert visitor.give_password(visitor.person.password).status == 503
            clock.set(0)
            began = time.monotonic()
            until(lambda: visitor.check(token).status == 200, 30)
    report.add("clock off the database's", back_after_s=round(time.monotonic() - began, 1))
