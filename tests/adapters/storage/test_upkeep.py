"""What ends when an older copy is accepted, on both databases: all of it, however much there is (R9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.accounts import Contact, ContactKind, ContactState
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind, AuthenticatorState
from sekisho.domain.sessions import EndReason
from tests.adapters.storage.conftest import NOW, People
from tests.adapters.storage.test_own_gate import LIST
from tests.adapters.storage.test_sessions import _session

MANY = 2001  # more than two rounds of a thousand
LATER = NOW + timedelta(hours=5)


def test_more_sessions_than_one_statement_takes_all_end(storage: SqlStorage, people: People) -> None:
    over = _session(MANY, people.aiko.id).end(EndReason.LOGGED_OFF, NOW)
    with storage.transaction() as tx:
        for number in range(MANY):
            tx.sessions.add(_session(number, people.aiko.id))
        tx.sessions.add(over)
        assert tx.upkeep.end_everything(LATER).sessions == MANY
        assert tx.sessions.live() == []
        ended = tx.sessions.lock("ses_0")
        assert ended is not None and (ended.ended, ended.end_reason) == (LATER, EndReason.RESTORED)
        assert tx.sessions.lock(over.id) == over
        assert tx.upkeep.end_everything(LATER).sessions == 0


def test_changes_that_wait_are_dropped_and_what_forbids_stays(storage: SqlStorage, people: People) -> None:
    """Whether their owner cancelled them after the copy, nobody can tell."""
    confirmed = Contact("con_1", people.aiko.id, ContactKind.EMAIL, ContactState.WAITING, "sealed", NOW, "trd_aiko", NOW, LATER)
    active = replace(confirmed, id="con_2", state=ContactState.ACTIVE)
    with storage.transaction() as tx:
        tx.address_lists.save(LIST)
        tx.address_lists.save(replace(LIST, owner="trd_2", before=None))
        tx.contacts.add(confirmed)
        tx.contacts.add(active)
        assert tx.upkeep.end_everything(LATER).changes == 3
        kept, other = tx.address_lists.get("trd_1"), tx.address_lists.get("trd_2")
        assert kept == replace(LIST, version=2, pending=None, changed=LATER)
        assert other == replace(LIST, owner="trd_2", version=2, pending=None, before=None, changed=LATER, due=None)
        assert tx.contacts.of(people.aiko.id) == [active]


def test_activation_codes_end_and_their_life_says_so(storage: SqlStorage, people: People) -> None:
    code = Authenticator("aut_9", people.botan.id, AuthenticatorKind.ACTIVATION, AuthenticatorState.PENDING, "hash", NOW, NOW)
    with storage.transaction() as tx:
        tx.authenticators.add(code)
        assert tx.upkeep.end_everything(LATER).codes == 1
        assert [one.state for one in tx.authenticators.of(people.botan.id)] == [AuthenticatorState.REMOVED]
        (noted,) = tx.authenticators.life_of(people.botan.id)
        assert (noted.authenticator, noted.at, noted.what, noted.by) == ("aut_9", LATER, "removed", "restore")
        assert tx.authenticators.of(people.aiko.id) == [people.password, people.phone]


def test_a_copy_waits_until_its_epoch_begins(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        assert (tx.upkeep.restored(), tx.upkeep.backed_up(), tx.audit.epoch()) == (None, None, 1)
        tx.upkeep.note_restored(NOW)
        tx.upkeep.note_restored(LATER)
        tx.upkeep.note_backup(NOW)
        assert (tx.upkeep.restored(), tx.upkeep.backed_up()) == (NOW, NOW)
        tx.upkeep.begin_epoch(5)
        assert (tx.upkeep.restored(), tx.audit.epoch()) == (None, 5)


def test_an_authenticator_leads_to_its_trader(storage: SqlStorage, people: People) -> None:
    with storage.reading() as tx:
        assert tx.upkeep.trader_of(people.phone.id) == people.aiko.id
        assert tx.upkeep.trader_of("aut_none") is None
