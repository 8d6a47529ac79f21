"""SIGTERM under load: who was counted was answered, and a last signed head covers everything (R1, R8)."""

from __future__ import annotations

from pathlib import Path

from tests.faults.processes import open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.rows import Rows
from tests.faults.traffic import traffic

WORKER_MAY_TAKE = 10.0  # seconds (DESIGN §4)


def test_every_accepted_request_is_answered(tmp_path: Path, report: FaultReport) -> None:
    with open_brokerage(tmp_path, 6) as house:
        guessers, traders = house.people[:4], house.people[4:]
        with traffic(house, guessers, [], traders) as ledger:
            until(lambda: ledger.statuses.total() >= 25 and ledger.tokens, 60)
            took = house.stop()
        assert house.process is not None and house.process.returncode == 0
        rows = Rows(house.database)
        for person in guessers:
            assert rows.total(person.id, "password") == ledger.refused[person.id, "password"]
        assert rows.sessions().total() == len(ledger.tokens)
        assert took < WORKER_MAY_TAKE + 8  # the parent's own end on a busy machine
        verified = house.verified()
        assert verified["ok"] and verified["uncovered"] == 0 and verified["unsealed"] == 0, verified
    report.add("SIGTERM under load", answered=ledger.statuses.total() - ledger.statuses[0], ended_after_s=round(took, 1), uncovered=0)
