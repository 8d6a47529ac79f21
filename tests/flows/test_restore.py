"""R9: an older copy starts closed; accepting it ends what it would let in, stops again whom the heads name, and keeps the log honest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.adapters.audit_heads.file import read_heads
from sekisho.domain.audit.head import Head, sign
from sekisho.domain.authentication.authenticator import AuthenticatorState
from sekisho.flows.add_account import end_mandate
from sekisho.flows.audit_report import Fault
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.broker_keys import add_broker_key, list_broker_keys
from sekisho.flows.export_audit import stored_rows
from sekisho.flows.verify_audit import verify_log
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.events import Event, EventKind
from tests.flows.house import House, Person, caller
from tests.flows.older_copy import KEY, WHY, Place, accepted, verified, why_closed


def stopped_traders(place: Place) -> tuple[Person, Person, Person, str]:
    """Three traders and a mandate; the older copy, taken while a session of the first lives; then all four are stopped."""
    house = place.house
    aiko, botan, chie = (house.enrol(name) for name in ("aiko", "botan", "chie"))
    house.clock.advance(days=2)
    house.log_in(aiko)
    place.publish()
    older = place.copy()
    house.clock.advance(minutes=1)
    house.fail_passwords(aiko, 5)
    for _ in range(6):
        house.clock.advance(minutes=16)
        house.fail_passwords(botan, 5)
    with house.storage.transaction() as tx:
        (account,) = [one for one in tx.accounts.all() if "CHIE" in one.number]
        mandate = tx.accounts.mandates_on(account.id)[0][0].id
        tx.audit.append(Event(EventKind.TRADER_SUSPENDED, trader=chie.id), house.clock())
        phone = house.record(chie).phone
        assert phone is not None
        disabled = Event(EventKind.AUTHENTICATOR_DISABLED, trader=chie.id, facts={"authenticator": phone.id})
        tx.audit.append(disabled, house.clock())
    end_mandate(mandate, "left the firm", "os:desk", house.deps)
    return aiko, botan, chie, older


def test_what_heads_carry_since_the_copy_stands_again(place: Place) -> None:
    aiko, botan, chie, older = stopped_traders(place)
    place.publish()
    place.house.clock.advance(hours=1)
    with place.opened(older) as house:
        assert "older than its last exported head, number 2" in why_closed(place, house)
        done = accepted(place, house)
        assert done is not None and done.epoch == 2 and done.lost > 0
        assert done.stopped == {"restricted": 1, "locked": 1, "suspended": 1, "disabled": 1, "ended": 1}
        assert done.passed_over == 1  # botan was restricted for a time before he was locked
        assert why_closed(place, house) == ""
        assert _refusal(house, aiko, minutes=0) == _refusal(house, botan, minutes=60 * 24) == Reason.LOGIN_RESTRICTED
        assert isinstance(house.give_password("aiko", aiko.password), Begun), "the soft wait is over"
        record = house.record(chie)
        assert record.trader.suspended is not None and record.phone is None
        with house.storage.reading() as tx:
            assert [one.state for one in tx.authenticators.of(chie.id) if one.kind == "phone"] == [AuthenticatorState.DISABLED]
            assert tx.accounts.acted_for_by(chie.id, house.clock()) == []


def _refusal(house: House, person: Person, minutes: int) -> Reason | None:
    house.clock.advance(minutes=minutes)
    outcome = house.give_password(person.username, person.password)
    reason = outcome.reason if isinstance(outcome, Refused) else None
    house.clock.advance(minutes=16 - minutes if minutes == 0 else 0)
    return reason


def test_sessions_codes_and_known_clients_of_the_copy_are_dead(place: Place, aiko: Person) -> None:
    house = place.house
    complete = house.log_in(aiko)
    started = house.start(aiko, caller("198.51.100.9"))
    code = house.ask_code(started.token, caller("198.51.100.9"))
    added = house.add("botan")
    key = add_broker_key("order-desk", frozenset(), (), timedelta(days=90), "os:desk", house.deps)
    place.publish()
    older = place.copy()
    place.publish()
    with place.opened(older) as restored:
        done = accepted(place, restored)
        assert done is not None
        assert (done.ended.sessions, done.ended.known_clients, done.ended.broker_keys) == (1, 1, 1)
        assert [one.revoked for one in list_broker_keys(restored.deps, past=True) if one.id == key.key.id] == [restored.clock()]
        assert isinstance(restored.live(complete), Refused)
        assert isinstance(restored.give_code(started.token, code, caller("198.51.100.9")), Refused)
        assert [message for message in restored.messages() if message.code] == []
        with pytest.raises(AssertionError):
            restored.begin_activation(added)
        with restored.storage.reading() as tx:
            assert tx.known_clients.of(aiko.id, restored.clock()) == []


def test_the_log_says_what_the_restore_lost_and_stays_valid(place: Place, aiko: Person) -> None:
    place.publish()
    older = place.copy()
    for _ in range(3):
        place.house.log_in(aiko)
        place.publish()
    kept, lost_through = 0, place.newest().position
    with place.opened(older) as house:
        before = verified(place, house)
        assert [finding.fault for finding in before.findings] == [Fault.TAIL_CUT]
        kept = before.end.position
        assert accepted(place, house) is not None
        report = verified(place, house)
        assert report.ok, report.findings
        (restore,) = report.restores
        assert (restore.lost_from, restore.lost_through, restore.position) == (kept + 1, lost_through, lost_through + 1)
        assert (restore.by, restore.why, restore.epoch) == ("os:operator", WHY, 2)
        assert report.uncovered == 0 and place.newest().epoch == 2
        house.log_in(aiko)
        place.publish(house)
        assert verified(place, house).ok
        assert accepted(place, house) is None, "a second time there is nothing to accept"


def test_a_cut_log_is_not_passed_off_as_a_restore(place: Place, aiko: Person) -> None:
    """Whoever has the database and the audit key, but not the heads outside, cannot give a cut the look of a restore unseen."""
    place.publish()
    older = place.copy()
    place.house.log_in(aiko)
    place.publish()
    with place.opened(older) as house:
        assert accepted(place, house) is not None
        heads = [head for head in read_heads(place.heads) if isinstance(head, Head)]
        old_epoch = [sign(replace(head, epoch=1), KEY.key_id, KEY.sign) for head in heads]
        with house.storage.reading() as tx:
            found = verify_log(tx.audit.checkpoint(), stored_rows(tx.audit), old_epoch, KEY.authentic, KEY.mac)
        assert Fault.RESTORE_UNPROVEN in {finding.fault for finding in found.findings}
        with house.storage.reading() as tx:
            found = verify_log(tx.audit.checkpoint(), stored_rows(tx.audit), heads[:-1], KEY.authentic, KEY.mac)
        assert Fault.RESTORE_UNPROVEN in {finding.fault for finding in found.findings}


def test_the_same_copy_can_be_put_back_twice(place: Place, aiko: Person) -> None:
    place.publish()
    older, again = place.copy(), place.copy()
    place.house.log_in(aiko)
    place.publish()
    with place.opened(older) as house:
        assert accepted(place, house) is not None
    with place.opened(again) as house:
        assert "older" in why_closed(place, house)
        done = accepted(place, house)
        assert done is not None and done.epoch == 3
        assert verified(place, house).ok


def test_a_copy_that_was_put_back_waits_though_no_head_is_missing(place: Place) -> None:
    place.publish()
    with place.opened(place.copy()) as house:
        assert why_closed(place, house) == ""
        with house.storage.transaction() as tx:
            tx.upkeep.note_restored(house.clock())
        assert "not accepted yet" in why_closed(place, house)
        done = accepted(place, house)
        assert done is not None and done.lost == 0
        assert why_closed(place, house) == "" and verified(place, house).ok
