"""The parallel guesser: everything at the same moment, so that counters are read before they are written (R1)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sekisho.flows.complete_login import Complete
from sekisho.flows.log_in import PasswordStep, submit_password
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from tests.databases import storage_url  # noqa: F401 - a fixture: both databases
from tests.flows.house import House, Person, caller, wrong
from tests.flows.test_step_up import live  # noqa: F401 - a fixture


def test_parallel_passwords_are_counted_one_by_one(house: House, aiko: Person) -> None:
    checked = house.quick.verified
    guesses = [submit_password(PasswordStep("aiko", Secret(f"guess {n}")), caller(f"198.51.100.{n}"), house.deps) for n in range(60)]
    outcomes = house.all_at_once(guesses)
    assert sum(one == Refused(Reason.WRONG_PASSWORD) for one in outcomes) == house.quick.verified - checked == 5


def test_parallel_codes_over_many_logins_are_counted_one_by_one(house: House, aiko: Person) -> None:
    """One lane, whatever the login: five in all, not five each."""
    logins = [house.start(aiko) for _ in range(5)]
    codes = [house.ask_code(one.token) for one in logins]
    tries = [(one.token, wrong(code)) for one, code in zip(logins, codes, strict=True) for _ in range(6)]
    with ThreadPoolExecutor(15) as pool:
        outcomes = list(pool.map(lambda pair: house.give_code(*pair), tries))
    assert sum(one == Refused(Reason.WRONG_CODE) for one in outcomes) == 5
    assert house.failures(aiko, method="phone") == (5, 5)
    assert not any(isinstance(house.give_code(one.token, code), Complete) for one, code in zip(logins, codes, strict=True))


def test_parallel_proofs_in_a_stolen_session_are_counted_one_by_one(house: House, aiko: Person, live) -> None:  # noqa: F811
    """R4: five failed proofs end it."""
    with ThreadPoolExecutor(4) as pool:  # as many as one source may have waiting
        list(pool.map(lambda n: house.prove_password(live, f"guess {n}"), range(20)))
    assert house.audited("step_up.refused", Reason.WRONG_PASSWORD) == 5
    assert house.audited("session.ended", "step_up_failed") == 1
