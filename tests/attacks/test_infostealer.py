"""The infostealer: malware copies what the browser holds, session and client cookies included (R3, R4, R6)."""

from __future__ import annotations

import pytest

from sekisho.domain.authentication.passwords import PasswordProblem
from sekisho.flows.change_password import PasswordRefused
from sekisho.flows.complete_login import Complete
from sekisho.flows.drop_known_client import drop_known_client
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from tests.flows.house import NEW_PASSWORD, PASSWORD, House, Person, caller, wrong
from tests.flows.own_devices import end_one, prove_for_client

THIEF = "198.51.100.88"


def test_a_stolen_client_token_replaces_no_factor(house: House, aiko: Person) -> None:
    """N49: it names a lane, nothing more; and the lane counts its failures."""
    token = house.log_in(aiko).client_token
    thief = caller(THIEF, token)
    assert house.fail_passwords(aiko, 5, thief) == [Refused(Reason.WRONG_PASSWORD)] * 5
    assert isinstance(house.give_password("aiko", aiko.password, thief), Refused)


def test_a_stolen_session_changes_no_password_without_password_and_phone(house: House, aiko: Person) -> None:
    """R4: and five failed proofs end it."""
    own = house.log_in(aiko)
    house.clock.advance(days=2)
    stolen = house.present(house.log_in(aiko, caller(client_token=own.client_token)))
    for _ in range(5):
        house.prove_password(stolen, "a wrong password", caller(THIEF))
    assert house.look_at(stolen) == Refused(Reason.SESSION_ENDED)


@pytest.mark.parametrize("known", [True, False], ids=["another living step", "made up"])
@pytest.mark.parametrize("guess", [PASSWORD, "not the password of now"], ids=["right", "wrong"])
def test_a_stolen_session_has_no_password_compared_without_a_proof(house: House, aiko: Person, known: bool, guess: str) -> None:
    """R1, R3: what is not counted is not checked; whatever the step cookie says, no hash is made, and right and wrong read alike."""
    own = house.log_in(aiko)
    house.clock.advance(days=2)
    stolen = house.present(house.log_in(aiko, caller(client_token=own.client_token)))
    made_up = house.start(aiko, caller(THIEF)).token if known else Secret("A" * 43)
    hashes = house.quick.verified, house.quick.hashed
    assert house.change(made_up, "000000", stolen, guess) == Refused(Reason.STEP_UP_NEEDED)
    assert (house.quick.verified, house.quick.hashed) == hashes


def test_whoever_holds_the_step_as_well_pays_a_proof_for_each_guess(house: House, aiko: Person) -> None:
    """R1, R4: without the code a right and a wrong guess cost and answer alike, and five end the session; with it, one guess spends it."""
    own = house.log_in(aiko)
    house.clock.advance(days=2)
    stolen = house.present(house.log_in(aiko, caller(client_token=own.client_token)))
    step = house.prove_password(stolen, aiko.password)
    assert not isinstance(step, Refused)
    code, costs = house.ask_code(step.token), set()
    for guess in (PASSWORD, NEW_PASSWORD):
        before = house.quick.verified, house.quick.hashed
        assert house.change(step.token, wrong(code), stolen, guess) == Refused(Reason.WRONG_CODE)
        costs.add((house.quick.verified - before[0], house.quick.hashed - before[1]))
    assert len(costs) == 1 and house.failures(aiko, stolen.session.client or "", "phone") == (2, 2)
    assert house.change(step.token, code, stolen, PASSWORD) == PasswordRefused((PasswordProblem.SAME,))
    spent = house.quick.verified
    assert house.change(step.token, code, stolen, NEW_PASSWORD) == Refused(Reason.CODE_SPENT)
    assert house.quick.verified == spent
    assert house.audited("step_up.completed", action="change_password") == 1


def test_a_stolen_session_forgets_no_known_client_and_ends_no_session(house: House, aiko: Person) -> None:
    """R4, R6: the stolen session is the owner's own, from his own browser; without the password, and the phone, it pushes him nowhere."""
    own = house.log_in(aiko)
    house.clock.advance(days=2)
    stolen = house.present(house.log_in(aiko, caller(client_token=own.client_token)))
    beside, client = house.log_in(aiko), stolen.session.client or ""
    assert end_one(house, stolen, beside.session.id, "a wrong password") == Refused(Reason.WRONG_PASSWORD)
    assert prove_for_client(house, stolen, client, "a wrong password") == Refused(Reason.WRONG_PASSWORD)
    step = prove_for_client(house, stolen, client)  # he has read the password as well: the code is in the owner's hand
    assert not isinstance(step, Refused)
    code = house.ask_code(step.token)
    for _ in range(3):
        assert drop_known_client(step.token, Secret(wrong(code)), stolen, house.deps) == Refused(Reason.WRONG_CODE)
    assert house.look_at(stolen) == Refused(Reason.SESSION_ENDED)  # five failed proofs
    assert drop_known_client(step.token, Secret(code), stolen, house.deps).refused
    assert house.audited("known_client.dropped") == 0 and not house.look_at(house.present(beside)).refused


def test_a_password_change_leaves_the_thief_nothing(house: House, aiko: Person) -> None:
    """R3: every other session and known client ends, and the owner's own token is a new one."""
    old = house.log_in(aiko)
    house.clock.advance(days=2)
    own = house.log_in(aiko, caller(client_token=old.client_token))
    other = house.log_in(aiko)
    house.change_password(aiko, house.present(own))
    assert [house.live(one) for one in (own, other)] == [Refused(Reason.SESSION_UNKNOWN), Refused(Reason.SESSION_ENDED)]
    assert isinstance(house.give_password("aiko", aiko.password, caller(THIEF)), Refused)
    renewed = Person("aiko", aiko.id, aiko.phone, NEW_PASSWORD)
    assert house.start(renewed, caller(THIEF, other.client_token)).ceremony.lane == "strangers"


def test_a_stolen_session_ends_with_the_owners_idleness(house: House, aiko: Person) -> None:
    """P5: polling does not keep it alive."""
    complete = house.log_in(aiko)
    for _ in range(20):
        house.clock.advance(seconds=29)
        house.live(complete)
    house.clock.advance(seconds=20)
    assert isinstance(house.live(complete), Refused)


def test_the_owner_still_gets_in_beside_the_thief(house: House, aiko: Person) -> None:
    token = house.log_in(aiko).client_token
    house.fail_passwords(aiko, 10, caller(THIEF, token))
    assert isinstance(house.log_in(aiko), Complete)  # by the strangers' lane, which the thief did not use
