"""The first and second step of a login, and what a refused one gives away (P1; R1, R3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sekisho.adapters.storage.postgresql import PostgresDatabase
from sekisho.domain.sessions import Channel
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.complete_login import Complete
from sekisho.flows.ports.security import PasswordProof
from sekisho.flows.send_code import CodeStep, code_step, send_code
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from tests.flows.fittings import count_statements
from tests.flows.house import PASSWORD, House, Person, caller, wrong


def test_username_password_and_code_open_a_session(house: House, aiko: Person) -> None:
    """P1: unique username and password, plus a random security code to the registered mobile device."""
    started = house.start(aiko)
    code = house.ask_code(started.token)
    assert [message.address.reveal() for message in house.messages() if message.code][-1:] == [aiko.phone]
    complete = house.give_code(started.token, code)
    assert isinstance(complete, Complete)
    live = house.present(complete)
    assert (live.trader.username, live.session.methods) == ("aiko", "password+security_code")
    assert house.audited("login.completed", session=live.session.id) == 1
    assert house.kinds()["login_unknown_client"] == 1


def test_the_message_of_a_code_names_purpose_and_place_and_ends_bound_to_the_portal(house: House, aiko: Person) -> None:
    """R4: the origin-bound form `@host #code`."""
    started = house.start(aiko)
    code = house.ask_code(started.token)
    (body,) = [m.body.reveal() for m in house.messages() if m.code and m.code.reveal() == code and m.kind == "code.login"]
    assert body.endswith(f"\n\n@portal.example #{code}") and "Firefox on Linux" in body


@pytest.mark.parametrize("typed", ["aiko", " AIKO ", "Aiko"])
def test_the_username_is_taken_in_any_case(house: House, aiko: Person, typed: str) -> None:
    assert isinstance(house.give_password(typed, aiko.password), Begun)


def test_the_password_is_compared_in_nfc(house: House) -> None:
    """N17: typed on another keyboard, the same letters."""
    house.enrol("aiko", "café au lait très chaud")
    assert isinstance(house.give_password("aiko", "cafe\u0301 au lait tre\u0300s chaud"), Begun)
    assert isinstance(house.give_password("aiko", "cafe au lait tres chaud"), Refused)


def prepare(house: House, aiko: Person, case: str) -> str:
    """The name to try, after the house was brought into that case."""
    match case:
        case "unknown name":
            return "nobody-here"
        case "restricted login":
            house.fail_passwords(aiko, 5)
        case "suspended":
            house.alter(aiko, lambda trader: replace(trader, suspended=house.clock()))
        case "frozen":
            house.alter(aiko, lambda trader: replace(trader, frozen=frozenset({"compromise"})))
        case "not activated":
            house.add("botan")
            return "botan"
    return "aiko"


CASES = {
    "wrong password": (Reason.WRONG_PASSWORD, 1),
    "unknown name": (Reason.UNKNOWN_NAME, 1),
    "restricted login": (Reason.LOGIN_RESTRICTED, 0),
    "suspended": (Reason.TRADER_SUSPENDED, 0),
    "frozen": (Reason.TRADER_FROZEN, 0),
    "not activated": (Reason.NOT_ACTIVATED, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_refused_first_steps_look_alike(house: House, aiko: Person, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """R1: the same commits and as many statements for each; the exact reason stands in the audit entry alone. An unknown name hashes
    against a decoy; whether the password of a refused login was right is never computed."""
    name = prepare(house, aiko, case)
    reason, checks = CASES[case]
    commits, readings, checked = house.storage.commits, house.storage.readings, house.quick.verified
    statements = count_statements(monkeypatch)
    outcome = house.give_password(name, "a wrong password")
    assert len(statements) == (12 if isinstance(house.storage.database, PostgresDatabase) else 10), statements
    assert outcome == Refused(reason, until=getattr(outcome, "until", None))
    assert house.storage.commits - commits == 2
    assert house.storage.readings == readings
    assert house.quick.verified - checked == checks
    assert house.audited("login.refused", reason) == 1
    assert house.messages() == [] or {m.kind for m in house.messages()} <= {"trader_activated", "login_restricted", "code.activation"}


@pytest.mark.parametrize("case", ["restricted login", "suspended", "frozen"])
def test_the_right_password_of_a_refused_login_is_refused_unseen(house: House, aiko: Person, case: str) -> None:
    prepare(house, aiko, case)
    checked = house.quick.verified
    assert house.give_password("aiko", aiko.password) == Refused(CASES[case][0], until=house_until(house, aiko))
    assert house.quick.verified == checked


def house_until(house: House, aiko: Person) -> object:
    """The end of the strangers' restriction, if there is one."""
    with house.storage.reading() as tx:
        password = house.record(aiko).password
        assert password is not None
        attempts, _ = tx.lockouts.read(password.id, "strangers")
    return attempts.restriction.until if attempts.restriction else None


@pytest.mark.parametrize("typed", ["my secret passphrase 7", "aiko\x00", "\ud800", "'; DROP TABLE traders; --", "x" * 100_000, ""])
def test_what_is_typed_is_never_kept(house: House, aiko: Person, typed: str) -> None:
    """People type passwords into the wrong field: neither field stands in an audit entry, whatever it holds."""
    assert isinstance(house.give_password(typed, "pass phrase of mine"), Refused)
    assert isinstance(house.give_password("aiko", "pass phrase of mine"), Refused)
    text = house.audit_text()
    assert "pass phrase of mine" not in text
    assert typed.strip().lower()[:20] not in text.lower() or typed in ("", "\ud800", "aiko\x00")


def test_a_restricted_phone_looks_like_a_working_one(house: House, aiko: Person) -> None:
    """R1: when the second factor's authenticator is restricted, step one and "send" answer as ever and send nothing; and the page of the
    code, drawn again before and after a try, tells no difference."""
    seen = []
    for restricted in (False, True):
        if restricted:
            other = house.start(aiko)
            house.fail_codes(other.token, house.ask_code(other.token), 5)
            house.clock.advance(minutes=1)
        started = house.start(aiko)
        left = house.asked(started.token)
        assert len(left) == (0 if restricted else 1)
        shown = [code_step(started.token, house.deps)]
        assert isinstance(house.give_code(started.token, wrong(left[0]) if left else "123456"), Refused)
        shown.append(code_step(started.token, house.deps))
        seen.append([looks(step, house) for step in shown])
        if not restricted:
            house.give_code(started.token, left[0])
    assert seen[0] == seen[1]


def looks(step: CodeStep | Refused | None, house: House) -> tuple[object, ...]:
    """What the page of the second step would show."""
    assert isinstance(step, CodeStep)
    return step.masked, step.expires and step.expires - house.clock(), step.tries_left, step.delayed


def test_a_disabled_phone_looks_like_a_working_one(house: House, aiko: Person) -> None:
    """R1, N29: the sum of wrong codes disabled it; whoever has the password does not learn it."""
    working = send_code(house.start(aiko).token, caller(), house.deps)
    phone = house.record(aiko).phone
    assert phone is not None
    with house.storage.transaction() as tx:
        tx.authenticators.save(replace(phone, state=type(phone.state).DISABLED))
    started = house.start(aiko)
    assert looks(send_code(started.token, caller(), house.deps), house) == looks(working, house)
    assert house.audited("code.withheld", Reason.AUTHENTICATOR_DISABLED) == 1


@pytest.mark.parametrize(
    "begun, finished", [(Channel.PORTAL, Channel.API), (Channel.API, Channel.PORTAL), (Channel.WORKSTATION, Channel.PORTAL)]
)
def test_a_login_is_finished_at_its_own_door(house: House, aiko: Person, begun: Channel, finished: Channel) -> None:
    """R4: portal sessions come only from the portal, program sessions only from `/v1/login`."""
    started = house.start(aiko, caller(channel=begun))
    code = house.ask_code(started.token, caller(channel=begun))
    assert isinstance(house.give_code(started.token, code, caller(channel=finished)), Refused)
    complete = house.give_code(started.token, code, caller(channel=begun))
    assert isinstance(complete, Complete)
    assert house.live(complete, finished) == Refused(Reason.WRONG_DOOR)
    assert not isinstance(house.live(complete, begun), Refused)


@pytest.mark.parametrize("token", ["", "x", "nobody knows this one", "\x00"])
def test_a_token_of_no_ceremony_opens_nothing(house: House, aiko: Person, token: str) -> None:
    house.start(aiko)
    assert isinstance(house.give_code(Secret(token), "123456"), Refused)
    assert isinstance(send_code(Secret(token), caller(), house.deps), Refused)


def test_a_program_without_an_address_is_told_apart_by_nothing(house: House, aiko: Person) -> None:
    """R5: no address, and no list applies: the login goes on; the audit has no address."""
    assert isinstance(house.give_password("aiko", PASSWORD, caller(None)), Begun)


def test_a_cheaper_hash_is_renewed_at_login(house: House, aiko: Person) -> None:
    """V6.2, R9: when parameters or pepper change, the next right password is hashed anew."""
    before = house.record(aiko).password
    assert before is not None
    fresh = house.quick.hash(Secret(aiko.password), before.id)
    verify = house.quick.verify
    house.quick.verify = lambda stored, password: PasswordProof(verify(stored, password).matches, fresh)  # type: ignore[method-assign]
    house.start(aiko)
    after = house.record(aiko).password
    assert after is not None and after.value == fresh and after.changed == before.changed
    assert house.audited("password.rehashed") == 1
