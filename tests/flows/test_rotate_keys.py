"""R9: the master key changes while people log in; nobody notices, nothing stays under the older key, the audit log stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.adapters.storage.audit_personal import is_wrapped, plain_of, wrapped
from sekisho.domain.accounts import Contact, ContactKind, ContactState
from sekisho.domain.audit.entry import intact
from sekisho.domain.authentication.authenticator import Authenticator
from sekisho.domain.broker_access import BrokerKey, KeyText
from sekisho.domain.lockout import STRANGERS
from sekisho.flows.activate_trader import Activated
from sekisho.flows.admit_broker import admit_broker
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.broker_keys import add_broker_key
from sekisho.flows.change_password import PasswordChanged
from sekisho.flows.checkpoint import Action
from sekisho.flows.complete_login import Complete
from sekisho.flows.destinations import email_context, phrase_context
from sekisho.flows.ports.keyed_rows import Lasting, SealedText
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import Purpose
from sekisho.flows.rotate_keys import CANARY, LATE, Moved, change_key, end_lasting, follow_key, keys_used, reseal
from sekisho.flows.step_up import begin_step_up, proposal_of
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from tests.flows.fittings import open_sealed_storage
from tests.flows.house import PASSWORD, House, Person, caller

PROPOSAL = '{"entries": []}'
OLD, NEW, NEWER = b"o" * 32, b"n" * 32, b"m" * 32
OLD_ID, NEW_ID, NEWER_ID = (FileKeyring([key]).key_id for key in (OLD, NEW, NEWER))


@pytest.fixture
def house(storage_url: str) -> Iterator[House]:
    """Its file of keys holds a newer key, which is not in use yet."""
    keyring = FileKeyring([NEW, OLD])
    keyring.use(OLD_ID)
    storage = open_sealed_storage(storage_url, keyring)
    storage.check_canary(lambda: keyring.seal(Purpose.FIELDS, CANARY, CANARY), lambda sealed: True)
    opened = House(storage, keyring)
    try:
        yield opened
    finally:
        opened.close()
        storage.close()


def quiet(done: int, total: int | None) -> None: ...


def change(house: House, key: str = NEW_ID) -> None:
    change_key(key, "os:operator", house.clock(), house.keyring, house.storage)


def moved(house: House, told=quiet) -> Moved:
    return reseal(house.keyring, lambda row: _wrap(row, house.keyring), house.storage, told)


def _wrap(row: SealedText, keyring: FileKeyring) -> str:
    return wrapped(row.row, row.text, lambda *of: keyring.seal(Purpose.FIELDS, *of), lambda *of: keyring.open(Purpose.FIELDS, *of))


def sealed_by(house: House) -> dict[str, int]:
    return dict(keys_used(house.clock(), house.keyring, house.storage).sealed)


def _stored_personal(house: House) -> dict[str, str]:
    """Sealed personal fields as they stand in the table, by entry."""
    with house.storage.database.reading() as line:
        return dict(line.all(text("SELECT id, personal FROM audit_entries WHERE personal IS NOT NULL")))


def _log_in_again(house: House, person: Person) -> Complete:
    """From a client known for more than a day, so that the session is not quarantined."""
    known = house.log_in(person).client_token
    house.clock.advance(days=2)
    return house.log_in(person, caller(client_token=known))


def _with_value(authenticator: Authenticator, value: str) -> Authenticator:
    return replace(authenticator, value=value)


def _add_contact(house: House, person: Person) -> None:
    value = house.keyring.seal(Purpose.FIELDS, "aiko@example.com", "con_1")
    contact = Contact("con_1", person.id, ContactKind.EMAIL, ContactState.ACTIVE, value, house.clock(), "os:desk")
    email = house.keyring.seal(Purpose.FIELDS, "aiko@example.com", email_context(person.id))
    phrase = house.keyring.seal(Purpose.FIELDS, "blue teapot", phrase_context(person.id))
    with house.storage.transaction() as tx:
        tx.contacts.add(contact)
    house.alter(person, lambda trader: replace(trader, email=email, phrase=phrase))


def _with_proposal(house: House, live: LiveSession) -> Secret:
    step = begin_step_up(Action.RESTRICT_ADDRESSES, "Allow nothing", Secret(PASSWORD), live, caller(), house.deps, PROPOSAL)
    begun = asyncio.run(step)
    assert isinstance(begun, Begun), begun
    return begun.token


def test_nobody_notices(house: House) -> None:
    """Session, known client, login in progress, code, step-up, activation code and password of before go on after the change."""
    aiko = house.enrol()
    house.clock.advance(days=2)
    complete, botan = _log_in_again(house, aiko), house.add("botan")
    own = caller(client_token=complete.client_token)
    started = house.start(aiko, own)
    code = house.ask_code(started.token, own)
    step = house.prove_password(house.present(complete), PASSWORD)
    change(house)
    assert moved(house).unreadable == 0
    house.deps.memory.forget_session(complete.session.id)
    assert isinstance(house.live(complete), LiveSession)
    assert isinstance(house.live(complete), LiveSession), "from memory"
    assert house.start(aiko, own).ceremony.lane != STRANGERS
    assert isinstance(house.give_code(started.token, code, own), Complete)
    changed = house.change(step.token, house.ask_code(step.token), house.present(complete))
    assert isinstance(changed, PasswordChanged), changed
    assert isinstance(house.activate(botan), Activated)


def test_everything_moves_and_the_audit_log_stays_what_it_was(house: House) -> None:
    aiko = house.enrol()
    house.clock.advance(days=2)
    live = house.present(_log_in_again(house, aiko))
    house.prove_password(live, PASSWORD)
    _add_contact(house, aiko)
    step = _with_proposal(house, live)
    told, written = house.audit_text(), {entry.id: entry for entry in house.audit()}
    before = sealed_by(house)
    change(house)
    ended = []
    assert moved(house, lambda done, total: ended.append((done, total))).texts == before[OLD_ID]
    assert ended[-1] == (before[OLD_ID], before[OLD_ID])
    assert set(sealed_by(house)) == {NEW_ID}
    assert proposal_of(step, Action.RESTRICT_ADDRESSES, live, house.deps) == PROPOSAL
    house.keyring._held = FileKeyring([NEW])._held  # the old key is gone for good
    entries = [entry for entry in house.audit() if entry.id in written]
    assert [written[entry.id] == entry and intact(entry) for entry in entries] == [True] * len(written)
    stored = _stored_personal(house)
    assert stored and all(is_wrapped(one) for one in stored.values())
    plain = [plain_of(entry, one, lambda *of: house.keyring.open(Purpose.FIELDS, *of)) for entry, one in stored.items()]
    assert all(one in told for one in plain) and "203.0.113.7" in str(plain)
    assert isinstance(house.log_in(aiko), Complete)
    with house.storage.reading() as tx:
        (contact,) = tx.contacts.of(aiko.id)
    trader = house.record(aiko).trader
    assert house.keyring.open(Purpose.FIELDS, contact.value, contact.id) == "aiko@example.com"
    assert house.keyring.open(Purpose.FIELDS, trader.email or "", email_context(aiko.id)) == "aiko@example.com"
    assert house.keyring.open(Purpose.FIELDS, trader.phrase or "", phrase_context(aiko.id)) == "blue teapot"


def test_it_rotates_again_and_what_is_wrapped_is_wrapped_anew(house: House, storage_url: str) -> None:
    house.enrol()
    change(house)
    moved(house)
    house.keyring._held = FileKeyring([NEWER, NEW])._held
    assert house.keyring.use(NEW_ID)
    change(house, NEWER_ID)
    assert moved(house).unreadable == 0 and set(sealed_by(house)) == {NEWER_ID}
    house.keyring._held = FileKeyring([NEWER])._held
    assert all(intact(entry) for entry in house.audit())
    stored = _stored_personal(house).items()
    assert "192.0.2.10" in str([plain_of(entry, one, lambda *of: house.keyring.open(Purpose.FIELDS, *of)) for entry, one in stored])


def test_cut_off_anywhere_it_goes_on(house: House) -> None:
    for name in ("aiko", "botan", "chie"):
        house.enrol(name)
    before = sealed_by(house)[OLD_ID]
    change(house)

    def cut(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moved(house, cut)
    left = sealed_by(house)[OLD_ID]
    assert 0 < left < before
    assert moved(house).texts == left and moved(house) == Moved()


def test_what_somebody_else_wrote_meanwhile_is_never_written_over(house: House) -> None:
    aiko = house.enrol()
    change(house)
    with house.storage.reading() as tx:
        rows, _ = tx.keyed.older("authenticators.value pepper", NEW_ID, "")
    (row,) = rows
    with house.storage.transaction() as tx:
        (password,) = [one for one in tx.authenticators.of(aiko.id) if one.id == row.row]
        tx.authenticators.save(_with_value(password, "v1.written.meanwhile"))
        assert tx.keyed.replace([(row, "v1.older.copy")]) == 0
    with house.storage.reading() as tx:
        assert "v1.written.meanwhile" in [one.value for one in tx.authenticators.of(aiko.id)]


def test_a_text_that_no_key_opens_stays_and_holds_nothing_up(house: House) -> None:
    aiko = house.enrol()
    stranger = FileKeyring([NEWER]).seal(Purpose.FIELDS, "+81", "aut_x")
    with house.storage.transaction() as tx:
        (phone,) = [one for one in tx.authenticators.of(aiko.id) if one.kind.value == "phone"]
        tx.authenticators.save(_with_value(phone, stranger))
    change(house)
    done = moved(house)
    assert done.unreadable == 1 and done.texts > 3
    assert sealed_by(house)[NEWER_ID] == 1 and OLD_ID not in sealed_by(house)


def test_a_key_changed_by_two_at_once_changes_once(house: House) -> None:
    with house.storage.reading() as tx:
        before = tx.keyed.canary()
    assert before is not None
    change(house)
    with house.storage.transaction() as tx:
        assert not tx.keyed.change_key("v1.other.canary", before, house.clock())
    assert house.audited("keyring.rotated", key=NEW_ID, before=OLD_ID) == 1


def test_a_key_that_is_not_held_never_comes_into_use(house: House) -> None:
    with pytest.raises(SekishoError) as refused:
        change(house, NEWER_ID)
    assert refused.value.kind is Kind.INVALID and house.keyring.key_id == OLD_ID
    other = FileKeyring([OLD])
    change(house)
    with house.storage.reading() as tx:
        assert follow_key(other, tx) == NEW_ID and other.key_id == OLD_ID
        assert follow_key(house.keyring, tx) == ""


@pytest.mark.parametrize("later, lasting", [
    (timedelta(), Lasting(1, 1, 2, 1)),                     # two logins begun: the trader's own, and an activation
    (timedelta(days=2), Lasting(0, 1, 0, 0)),               # known clients live 90 days
    (timedelta(days=91), Lasting(0, 0, 0, 0)),
])  # fmt: skip
def test_what_hangs_on_the_older_key_ends_by_itself(house: House, later: timedelta, lasting: Lasting) -> None:
    aiko = house.enrol()
    house.clock.advance(days=2)
    house.log_in(aiko)
    house.start(aiko)
    house.begin_activation(house.add("botan"))
    change(house)
    house.clock.advance(seconds=later.total_seconds())
    assert keys_used(house.clock(), house.keyring, house.storage).lasting == lasting


def test_a_broker_key_moves_to_the_newer_key_when_it_is_used(house: House) -> None:
    key = add_broker_key("order-desk", frozenset(), (), timedelta(days=90), "os:desk", house.deps)
    change(house)
    house.clock.advance(days=2)
    assert keys_used(house.clock(), house.keyring, house.storage).lasting == Lasting(0, 0, 0, 0, broker_keys=1)
    assert isinstance(admit_broker(KeyText(key.key.prefix, key.secret), house.deps), BrokerKey)
    assert keys_used(house.clock(), house.keyring, house.storage).lasting == Lasting(0, 0, 0, 0)


def test_what_hangs_on_a_stolen_key_is_ended(house: House) -> None:
    aiko = house.enrol()
    house.clock.advance(days=2)
    complete = house.log_in(aiko)
    botan = house.add("botan")
    key = add_broker_key("order-desk", frozenset(), (), timedelta(days=90), "os:desk", house.deps)
    change(house)
    house.clock.advance(minutes=2)
    ended = end_lasting(house.clock(), house.clock(), house.storage)
    assert (ended.sessions, ended.known_clients, ended.activations, ended.broker_keys) == (1, 1, 1, 1)
    found = admit_broker(KeyText(key.key.prefix, key.secret), house.deps)
    assert isinstance(found, BrokerKey) and found.revoked is not None
    house.deps.memory.forget_session(complete.session.id)
    assert not isinstance(house.live(complete), LiveSession)
    with house.storage.reading() as tx:
        assert [one.subject for one in tx.changes.since(0)][-1] == complete.session.id
        (activation,) = [one for one in tx.authenticators.of(botan.trader.id) if one.kind.value == "activation"]
    assert activation.state.value == "removed"
    assert keys_used(house.clock() + LATE, house.keyring, house.storage).lasting == Lasting(0, 0, 0, 0)
