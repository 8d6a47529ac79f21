"""Many at once: exactly as many secrets are checked, codes sent and sessions opened as the rules allow (R1, R3)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sekisho.flows.activate_trader import Activated
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.complete_login import Complete
from sekisho.flows.log_in import PasswordStep, submit_password
from sekisho.flows.unlock_login import lift_own_restriction, unlock_login
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from tests.flows.house import STAFF, House, Person, caller


def open_gate_after(house: House, commits: int) -> threading.Thread:
    """Hold every hash until so many transactions are committed, which is when all have reserved."""
    house.quick.gate.clear()
    goal = house.storage.commits + commits

    def watch() -> None:
        give_up = time.monotonic() + 15
        while house.storage.commits < goal and time.monotonic() < give_up:
            time.sleep(0.005)
        house.quick.gate.set()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_of_200_parallel_guesses_exactly_five_are_checked_and_counted(house: House, aiko: Person) -> None:
    """R3 and the issue's own measure: from 100 loopback addresses, with a queue that holds them all."""
    checked = house.quick.verified
    gate = open_gate_after(house, 200)
    guesses = [
        submit_password(PasswordStep("aiko", Secret(f"guess number {n}")), caller(f"127.0.0.{1 + n // 2}"), house.deps) for n in range(200)
    ]
    outcomes = house.all_at_once(guesses)
    gate.join()
    assert Counter(getattr(one, "reason", None) for one in outcomes) == {Reason.WRONG_PASSWORD: 5, Reason.LOGIN_RESTRICTED: 195}
    assert house.quick.verified - checked == 5
    assert house.failures(aiko) == (5, 5)
    assert house.audited("login.refused", Reason.WRONG_PASSWORD) == 5
    assert house.audited("login.refused", Reason.LOGIN_RESTRICTED) == 195
    assert house.audited("login.restricted") == 1


def test_the_right_password_among_parallel_guesses_is_let_in_if_it_was_reserved(house: House, aiko: Person) -> None:
    """R1: settle never refuses for a restriction that open reservations caused, its own or others'."""
    gate = open_gate_after(house, 5)
    words = ["wrong one", "wrong two", aiko.password, "wrong three", "wrong four"]
    addresses = ["203.0.113.7", "203.0.113.8"] * 3
    tries = [
        submit_password(PasswordStep("aiko", Secret(word)), caller(address), house.deps)
        for word, address in zip(words, addresses, strict=False)
    ]
    outcomes = house.all_at_once(tries)
    gate.join()
    assert sum(isinstance(one, Begun) for one in outcomes) == 1
    failures, total = house.failures(aiko)
    assert failures <= 4 and total <= 4


def test_one_code_and_a_hundred_right_submissions_give_one_session(house: House, aiko: Person) -> None:
    """N24: a code is good once; and a code already used counts nothing."""
    started = house.start(aiko)
    code = house.ask_code(started.token)
    outcomes = house.in_threads(lambda: house.give_code(started.token, code), 100)
    assert sum(isinstance(one, Complete) for one in outcomes) == 1
    with house.storage.reading() as tx:
        assert len(tx.sessions.live_of(aiko.id)) == 1
        assert len(tx.known_clients.of(aiko.id, house.clock())) == 1
    assert house.failures(aiko, method="phone") == (0, 0)
    assert house.audited("login.completed") == 1


def test_of_parallel_wrong_codes_five_are_counted(house: House, aiko: Person) -> None:
    started = house.start(aiko)
    code = house.ask_code(started.token)
    with ThreadPoolExecutor(16) as pool:
        guesses = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 61)]
        outcomes = list(pool.map(lambda guess: house.give_code(started.token, guess), guesses))
    assert all(isinstance(one, Refused) for one in outcomes)
    assert house.failures(aiko, method="phone") == (5, 5)
    assert house.audited("login.refused", Reason.WRONG_CODE) == 5


def test_parallel_sends_keep_the_limit(house: House, aiko: Person) -> None:
    """R3: 5 in 15 min per lane, whichever login asked."""
    logins = [house.start(aiko) for _ in range(12)]
    before = house.kinds()["code.login"]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda started: house.asked_blindly(started.token), logins))
    assert house.kinds()["code.login"] - before == 5
    assert house.audited("code.withheld", Reason.SENDS_EXHAUSTED) == 7


def test_an_activation_code_activates_once(house: House) -> None:
    """R16: once, however often it is used at the same moment."""
    added = house.add()
    first, second = house.begin_activation(added), house.begin_activation(added)
    codes = [house.ask_code(first), house.ask_code(second)]
    with ThreadPoolExecutor(2) as pool:
        pairs = zip([first, second], codes, strict=True)
        outcomes = list(pool.map(lambda pair: house.finish_activation(*pair), pairs))
    assert sum(isinstance(one, Activated) for one in outcomes) == 1


def test_an_unlock_between_reservation_and_settling_refuses_the_attempt(house: House, aiko: Person) -> None:
    """R1: settle refuses for a suspension, freeze, unlock or password change made since."""
    house.quick.gate.clear()
    commits = house.storage.commits

    def unlock() -> None:
        while house.storage.commits == commits:
            time.sleep(0.002)
        unlock_login("aiko", STAFF, house.deps)
        house.quick.gate.set()

    thread = threading.Thread(target=unlock)
    thread.start()
    outcome = house.give_password("aiko", aiko.password)
    thread.join()
    assert outcome == Refused(Reason.STATE_CHANGED)


def test_the_owners_press_refuses_attempts_of_strangers_and_of_nobody_else(house: House, aiko: Person) -> None:
    """R1, R3: what it lifts is their lane; a right password of a known client, checked at that moment, is let in."""
    first = house.log_in(aiko)
    house.clock.advance(days=2)
    complete = house.log_in(aiko, caller(client_token=first.client_token))
    live, own = house.present(complete), caller(client_token=complete.client_token)
    goal = house.storage.commits + 6
    house.quick.gate.clear()

    def press() -> None:
        give_up = time.monotonic() + 15
        while house.storage.commits < goal and time.monotonic() < give_up:
            time.sleep(0.002)
        pressed.append(lift_own_restriction(live, house.deps))
        house.quick.gate.set()

    pressed: list[int] = []
    thread = threading.Thread(target=press)
    thread.start()
    words = ["wrong one", "wrong two", "wrong three", "wrong four", aiko.password]
    tries = [submit_password(PasswordStep("aiko", Secret(word)), caller(f"198.51.100.{n}"), house.deps) for n, word in enumerate(words)]
    *_, strangers, known = house.all_at_once([*tries, submit_password(PasswordStep("aiko", Secret(aiko.password)), own, house.deps)])
    thread.join()
    assert pressed == [1]
    assert strangers == Refused(Reason.STATE_CHANGED) and isinstance(known, Begun)


def test_a_full_queue_reserves_nothing(house: House, aiko: Person) -> None:
    """R1, R2: decided in memory, without reading any row of the trader; a guess answered 503 is no try."""
    places = [house.pool.admit(caller().source, known=False) for _ in range(4)]
    commits, readings = house.storage.commits, house.storage.readings
    outcome = house.outcome_of(submit_password(PasswordStep("aiko", Secret("guess")), caller(), house.deps))
    assert outcome == "unavailable"
    assert (house.storage.commits, house.storage.readings) == (commits, readings)
    assert house.failures(aiko) == (0, 0)
    assert len(places) == 4
