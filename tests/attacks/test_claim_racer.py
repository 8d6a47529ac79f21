"""Who has a key claims at the same moment, amid a freeze, with another hash, or too late: over TLS, on both databases (R13)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from uuid import uuid4

import pytest

from tests.attacks.broker_door import SCOPES, Door, opened, with_account
from tests.databases import PostgresServer
from tests.faults.processes import open_brokerage

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    database = ""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        database = server.new_database()
    with open_brokerage(tmp_path_factory.mktemp("thief") / "house", 1, database) as house:
        yield opened(house, {"desk": SCOPES})


@pytest.fixture
def own(either: Door) -> Door:
    """A house on either database, with an account of the test's own."""
    return with_account(replace(either, account=f"KT-{uuid4().hex[:8].upper()}"))


def claimed(own: Door, instruction: str, hash_: str) -> int:
    """The status. Twenty at once may be too many for a busy machine: then again, for a claim that was told 503 has not executed."""
    end = time.monotonic() + 60
    while (status := own.claim(instruction, hash_).status_code) == 503 and time.monotonic() < end:
        time.sleep(0.05)
    return status


def test_twenty_claims_at_once_over_tls_and_one_executes(own: Door) -> None:
    before = own.audited("instruction.claimed")
    for turn in range(3):
        instruction, hash_ = own.asked(f"race-{turn}")
        start = Barrier(20)

        def claim(number: int, instruction: str = instruction, hash_: str = hash_, start: Barrier = start) -> int:
            start.wait(60)
            return claimed(own, instruction, "0" * 64 if number % 5 == 4 else hash_)

        with ThreadPoolExecutor(20) as threads:
            told = Counter(threads.map(claim, range(20)))
        assert told == {200: 1, 409: 19}
        assert own.ask("GET", f"/v1/broker/instructions/{instruction}", "desk").json()["state"] == "executing"
    assert own.audited("instruction.claimed") - before == 3


def test_a_freeze_amid_claims_lets_none_through_once_it_is_told(own: Door) -> None:
    """Who was told that the account is frozen is never told later that a claim of it may execute; and each is one or the other."""
    allowed = [own.asked(f"{own.account}-{number}") for number in range(8)]
    freeze = own.house.begin("account", "freeze", own.account, "--reason", "the customer called")

    def claims(thread: int) -> list[tuple[str, int]]:
        """Asked and claimed, one after the other, until the freeze is told."""
        told = []
        for number in range(1000):
            if freeze.poll() is not None:
                break
            document = own.instruction(f"{own.account}-{thread}-{number}")
            judged = own.ask("POST", "/v1/broker/instructions", "desk", document).json()
            if judged.get("verdict") == "allow":
                told.append((judged["instruction"], claimed(own, judged["instruction"], document["hash"])))
        return told

    with ThreadPoolExecutor(4) as threads:
        told = [one for some in threads.map(claims, range(4)) for one in some]
    assert freeze.wait(120) == 0
    late = [(one, claimed(own, one, hash_)) for one, hash_ in allowed]
    assert {status for _, status in late} == {409} and 200 in {status for _, status in told} <= {200, 409}
    for instruction, status in [*told, *late]:
        state = own.ask("GET", f"/v1/broker/instructions/{instruction}", "desk").json()["state"]
        assert state in (("executing",) if status == 200 else ("cancelled", "expired"))


def test_a_mandate_that_ended_since_refuses_the_claim(own: Door) -> None:
    """Allowed a moment ago, to somebody who may no longer act for the account."""
    instruction, hash_ = own.asked(f"{own.account}-ended")
    (mandate,) = own.ask("GET", f"/v1/broker/accounts/{own.account}", "desk").json()["mandates"]
    own.house.command("account", "end", mandate["mandate"], "--reason", "left the family business")
    before = own.audited("instruction.claim_refused")
    assert own.claim(instruction, hash_).status_code == 409
    assert own.audited("instruction.claim_refused") - before == 1


def test_a_changed_hash_claims_nothing_and_spends_nothing(own: Door) -> None:
    instruction, hash_ = own.asked(f"{own.account}-changed")
    other = own.instruction("other", amount_jpy=5_000_000)["hash"]
    for wrong in (other, hash_[:-1] + ("0" if hash_[-1] != "0" else "1"), "0" * 64):
        assert own.claim(instruction, wrong).status_code == 409
    for odd in (hash_.upper(), hash_ + "0", "", " " + hash_, hash_ + "\n"):
        assert own.claim(instruction, odd).status_code in (400, 422)
    assert own.claim(instruction, hash_).status_code == 200
