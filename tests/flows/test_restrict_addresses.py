"""P3, R5: lists of addresses per account and per trader; asked at login, on every request and at each access to an account (I20-I25)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from sekisho.domain.accounts import Role
from sekisho.domain.ip_restrictions import AddressList, Change
from sekisho.flows.activate_trader import Activated
from sekisho.flows.add_account import NewTrader, add_account, add_trader, grant_mandate
from sekisho.flows.apply_restrictions import apply_due_lists
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.caller import Caller
from sekisho.flows.cancel_restriction import cancel_change, take_back
from sekisho.flows.checkpoint import Action
from sekisho.flows.complete_login import Complete
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.own_gate import LoginFilter, Outcome
from sekisho.flows.restrict_addresses import Proposal, act_text, dry_run, finish_restricting, see_lists
from sekisho.flows.see_portal import see_account
from sekisho.flows.step_up import begin_step_up
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from tests.flows.house import PASSWORD, House, Person, caller

OFFICE, HOME, THIEF = caller("203.0.113.7"), caller("198.51.100.20"), caller("192.0.2.66")
SHARED = "SK-SHARED"


@dataclass
class Shared:
    """An account that Hana holds and Botan trades on."""

    house: House
    hana: Person
    botan: Person
    account: str

    def session(self, person: Person, who: Caller = OFFICE) -> LiveSession:
        """Of a client known for two days: no quarantine."""
        first = self.house.log_in(person, who)
        self.house.clock.advance(days=2)
        known = Caller(who.address, who.program, who.channel, who.language, who.host, first.client_token)
        return self.seen(self.house.log_in(person, known), who)

    def seen(self, complete: Complete, who: Caller = OFFICE) -> LiveSession:
        live = self.house.live(complete, who=who)
        assert isinstance(live, LiveSession), live
        return live

    def list_of(self, owner: str) -> AddressList | None:
        with self.house.storage.reading() as tx:
            return tx.address_lists.get(owner)

    def change(self, live: LiveSession, owner: str, *lines: str, who: Caller = OFFICE) -> Change | Refused:
        """Password, code and change, as the pages do it."""
        kept = self.list_of(owner)
        proposal = Proposal(owner, kept.version if kept else 0, "\n".join(lines))
        begun = self.begin(proposal, live, who)
        if isinstance(begun, Refused):
            return begun
        return finish_restricting(begun.token, Secret(self.house.ask_code(begun.token, who)), live, who, self.house.deps)

    def begin(self, proposal: Proposal, live: LiveSession, who: Caller = OFFICE) -> Begun | Refused:
        text = act_text(live, proposal, self.house.deps)
        if isinstance(text, Refused):
            return text
        approve = begin_step_up(Action.RESTRICT_ADDRESSES, text, Secret(PASSWORD), live, who, self.house.deps, proposal.packed())
        return asyncio.run(approve)

    def undo(self, flow: Any, live: LiveSession, owner: str) -> AddressList | Refused:
        step: Coroutine[Any, Any, AddressList | Refused] = flow(owner, Secret(PASSWORD), live, OFFICE, self.house.deps)
        return asyncio.run(step)


@pytest.fixture
def shared(house: House) -> Shared:
    account = add_account(SHARED, "Shared", "os:desk", house.deps)
    holder = add_trader(NewTrader("hana", "Hana Mori", "+819012345679", "en", {SHARED: Role.HOLDER}), "os:desk", house.deps)
    delegate = add_trader(NewTrader("botan", "Botan Ito", "+818023456789", "en", {SHARED: Role.TRADER}), "os:desk", house.deps)
    for added in (holder, delegate):
        assert isinstance(house.activate(added), Activated)
    house.clock.advance(days=2)
    hana = Person("hana", holder.trader.id, "+819012345679")
    return Shared(house, hana, Person("botan", delegate.trader.id, "+818023456789"), account.id)


@pytest.mark.parametrize("title", ["Yamada Co.Ltd", "0120-999-999", "山田商事(株)", "evil.example/pay"])
def test_no_title_of_an_account_keeps_the_code_from_being_sent(shared: Shared, title: str) -> None:
    """J09: what could be read as a link or a number is left out of the words of the act; the change goes on."""
    account = add_account("SK-TITLED", title, "os:desk", shared.house.deps)
    grant_mandate("SK-TITLED", "hana", Role.HOLDER, "os:desk", shared.house.deps)
    assert isinstance(shared.change(shared.session(shared.hana), account.id, "203.0.113.0/24 Office"), Change)


def test_the_holder_restricts_a_trader_who_is_then_refused_elsewhere(shared: Shared) -> None:
    """P3: before the password step, after it, and in a session that was open; the owner learns of it (I20)."""
    house, holder = shared.house, shared.session(shared.hana)
    open_session = house.log_in(shared.botan, HOME)
    begun = house.start(shared.botan, HOME)
    code = house.ask_code(begun.token, HOME)
    change = shared.change(holder, shared.botan.id, "203.0.113.0/24 Office")
    assert isinstance(change, Change) and change.forbids and not change.allows
    assert house.give_password("botan", PASSWORD, HOME) == Refused(Reason.ADDRESS_REFUSED)
    assert house.give_code(begun.token, code, HOME) == Refused(Reason.ADDRESS_REFUSED)
    assert house.live(open_session, who=HOME) == Refused(Reason.ADDRESS_REFUSED)
    assert isinstance(house.live(open_session, who=OFFICE), LiveSession), "the same session from the list"
    assert isinstance(house.log_in(shared.botan, OFFICE), Complete)
    told = house.kinds()
    assert told["addresses_tightened"] == 2 and told["address_refused"] >= 1 and told["delegate_refused"] >= 1


def test_a_refused_address_is_neither_checked_nor_counted_and_gets_no_code(shared: Shared) -> None:
    """R1: whether the password was right is never computed; R3: only checked attempts count."""
    house = shared.house
    shared.change(shared.session(shared.hana), shared.botan.id, "203.0.113.0/24")
    checked = house.quick.verified
    for _ in range(12):
        assert house.give_password("botan", "a wrong password", THIEF) == Refused(Reason.ADDRESS_REFUSED)
    assert house.failures(shared.botan) == (0, 0) and house.quick.verified == checked
    begun = house.start(shared.botan, OFFICE)
    assert house.asked(begun.token, THIEF) == [], "a relayed login gets no code elsewhere"


@pytest.mark.parametrize("who, admitted", [(OFFICE, True), (HOME, False), (caller(None), False)])
def test_without_an_address_nobody_passes_a_list(shared: Shared, who: Caller, admitted: bool) -> None:
    shared.change(shared.session(shared.hana), shared.botan.id, "203.0.113.0/24")
    assert isinstance(shared.house.give_password("botan", PASSWORD, who), Begun) is admitted


def test_an_accounts_list_closes_the_account_and_nothing_else(shared: Shared) -> None:
    house, holder = shared.house, shared.session(shared.hana)
    assert isinstance(shared.change(holder, shared.account, "203.0.113.0/24"), Change)
    botan = shared.seen(house.log_in(shared.botan, HOME), HOME)
    with pytest.raises(SekishoError) as refused:
        see_account(botan, shared.account, house.deps)
    assert refused.value.kind is Kind.MISSING
    assert house.audited("object.refused", "address_refused") == 1 and house.kinds()["delegate_refused"] == 1
    assert see_account(shared.seen(house.log_in(shared.botan)), shared.account, house.deps).account.id == shared.account


def test_what_is_newly_allowed_waits_and_can_be_cancelled_with_one_factor(shared: Shared) -> None:
    house, holder = shared.house, shared.session(shared.hana)
    shared.change(holder, shared.botan.id, "203.0.113.0/24")
    change = shared.change(holder, shared.botan.id, "203.0.113.0/24", "198.51.100.0/24 Home office")
    assert isinstance(change, Change) and change.allows and not change.forbids
    assert house.give_password("botan", PASSWORD, HOME) == Refused(Reason.ADDRESS_REFUSED)
    assert house.kinds()["addresses_loosening"] == 2
    assert isinstance(shared.undo(cancel_change, holder, shared.botan.id), AddressList)
    house.clock.advance(hours=25)
    assert house.give_password("botan", PASSWORD, HOME) == Refused(Reason.ADDRESS_REFUSED)
    assert house.audited("address_list.cancelled", "cancel_restriction") == 1


def test_what_is_newly_allowed_holds_when_the_delay_is_over_and_is_told(shared: Shared) -> None:
    house, holder = shared.house, shared.session(shared.hana)
    shared.change(holder, shared.botan.id, "203.0.113.0/24")
    shared.change(holder, shared.botan.id)
    house.clock.advance(hours=24)
    assert isinstance(house.give_password("botan", PASSWORD, HOME), Begun), "the gate goes by the clock, not by the timer"
    assert apply_due_lists(house.deps) == 1 and apply_due_lists(house.deps) == 0
    assert house.kinds()["addresses_loosened"] == 2 and house.audited("address_list.applied", widened=True) == 1


def test_an_intruder_cannot_shut_out_the_owners_known_browser(shared: Shared) -> None:
    """R5: he has the owner's session and a relayed code, and lists his own network alone. The owner's home stays good for the delay:
    he gets the notice, comes in as ever, and takes it back with one factor."""
    house = shared.house
    owner = house.log_in(shared.hana, HOME)
    house.clock.advance(days=8)
    owner = house.log_in(shared.hana, Caller(HOME.address, "Firefox", HOME.channel, "en", HOME.host, owner.client_token))
    thief = shared.seen(house.log_in(shared.hana, THIEF), THIEF)
    assert isinstance(shared.change(thief, shared.hana.id, "192.0.2.66", who=THIEF), Change)
    refused = shared.undo(take_back, thief, shared.hana.id)
    assert isinstance(refused, Refused) and refused.reason is Reason.QUARANTINED
    again = house.log_in(shared.hana, Caller(HOME.address, "Firefox", HOME.channel, "en", HOME.host, owner.client_token))
    live = shared.seen(again, HOME)
    assert house.kinds()["addresses_tightened"] == 1
    assert isinstance(shared.undo(take_back, live, shared.hana.id), AddressList)
    house.clock.advance(days=2)
    assert isinstance(house.give_password("hana", PASSWORD, caller("100.64.0.9")), Begun), "from anywhere, as before"


def test_a_quarantined_session_may_close_but_not_open(shared: Shared) -> None:
    """R4: no loosening from a login that may be a thief's, whatever the step-up."""
    house = shared.house
    shared.change(shared.session(shared.hana), shared.botan.id, "203.0.113.0/24")
    fresh = shared.seen(house.log_in(shared.hana))
    assert shared.change(fresh, shared.botan.id, "203.0.113.0/24", "192.0.2.0/24") == Refused(Reason.QUARANTINED)
    assert isinstance(shared.change(fresh, shared.botan.id, "203.0.113.0/25"), Change)


def test_who_may_change_which_list(shared: Shared) -> None:
    """R5, R7: nobody but the holder changes the holder's list; a trader of two masters is ruled by neither."""
    house, holder = shared.house, shared.session(shared.hana)
    assert [one.id for one, _ in see_lists(holder, house.deps)] == [shared.hana.id, shared.account, shared.botan.id]
    assert see_lists(shared.seen(house.log_in(shared.botan)), house.deps) == []
    security = add_trader(NewTrader("chie", "Chie", "+817034567890", "en", {SHARED: Role.SECURITY}), "os:desk", house.deps)
    house.activate(security)
    chie = shared.seen(house.log_in(Person("chie", security.trader.id, "+817034567890")))
    assert {one.id for one, _ in see_lists(chie, house.deps)} == {shared.account, shared.botan.id, security.trader.id}
    add_account("SK-OTHER", "Other", "os:desk", house.deps)
    grant_mandate("SK-OTHER", "botan", Role.TRADER, "os:desk", house.deps)
    assert shared.botan.id not in {one.id for one, _ in see_lists(holder, house.deps)}


@pytest.mark.parametrize("owner", ["trd_nobody", "acc_nothing", ""])
def test_another_list_is_as_if_there_were_none(shared: Shared, owner: str) -> None:
    holder = shared.session(shared.hana)
    with pytest.raises(SekishoError) as refused:
        dry_run(holder, Proposal(owner, 0, "203.0.113.0/24"), shared.house.deps)
    assert refused.value.kind is Kind.MISSING and shared.house.audited("object.refused", what="address_list") == 1


def test_the_dry_run_says_who_would_have_been_refused(shared: Shared) -> None:
    house = shared.house
    for who in (OFFICE, HOME, HOME):
        house.log_in(shared.botan, who)
    holder = shared.session(shared.hana)
    tried = dry_run(holder, Proposal(shared.botan.id, 0, "203.0.113.9/24 Office"), house.deps)
    assert tried.looked == 3 and [name for _, name in tried.refused] == ["Botan Ito"] * 2
    assert {login.address for login, _ in tried.refused} == {HOME.address} and not tried.present_refused
    assert [note.values["network"] for note in tried.reading.mended] == ["203.0.113.0/24"]
    own = dry_run(holder, Proposal(shared.hana.id, 0, "192.0.2.0/24"), house.deps)
    assert own.present_refused, "he would shut himself out"
    house.clock.advance(days=31)
    later = shared.session(shared.hana)
    assert dry_run(later, Proposal(shared.botan.id, 0, "203.0.113.0/24"), house.deps).looked == 0


def test_of_two_editors_the_slower_one_is_told(shared: Shared) -> None:
    house, holder = shared.house, shared.session(shared.hana)
    proposal = Proposal(shared.botan.id, 0, "203.0.113.0/24")
    slow = shared.begin(proposal, holder)
    assert isinstance(slow, Begun)
    code = house.ask_code(slow.token)
    assert isinstance(shared.change(holder, shared.botan.id, "203.0.113.0/28"), Change)
    assert finish_restricting(slow.token, Secret(code), holder, OFFICE, house.deps) == Refused(Reason.STATE_CHANGED)
    kept = shared.list_of(shared.botan.id)
    assert kept is not None and [str(one.network) for one in kept.entries] == ["203.0.113.0/28"]


def test_the_code_is_bound_to_the_networks_that_were_approved(shared: Shared) -> None:
    """J08, R4: the message names the act, and the proof of one list does not serve another."""
    house, holder = shared.house, shared.session(shared.hana)
    proposal = Proposal(shared.botan.id, 0, "203.0.113.0/24")
    begun = shared.begin(proposal, holder)
    assert isinstance(begun, Begun)
    code = house.ask_code(begun.token)
    (body,) = [m.body.reveal() for m in house.messages() if m.code and m.code.reveal() == code]
    assert "change the networks allowed for Botan Ito (1 in all)" in body
    with house.storage.transaction() as tx:
        stored = tx.ceremonies.by_token(begun.ceremony.token_hash)
        assert stored is not None and "203.0.113" not in stored.proposal, "sealed"
    change = finish_restricting(begun.token, Secret(code), holder, OFFICE, house.deps)
    assert isinstance(change, Change) and [str(one.network) for one in change.after.entries] == ["203.0.113.0/24"]


def test_a_list_that_cannot_be_read_changes_and_counts_nothing(shared: Shared) -> None:
    holder = shared.session(shared.hana)
    with pytest.raises(SekishoError) as refused:
        shared.change(holder, shared.botan.id, "203.0.113.0/24", "everything")
    assert refused.value.kind is Kind.INVALID and "2" in refused.value.detail
    assert shared.list_of(shared.botan.id) is None and shared.house.failures(shared.hana) == (0, 0)


def test_the_history_keeps_logins_and_refusals(shared: Shared) -> None:
    house = shared.house
    house.give_password("botan", "a wrong password", HOME)
    house.give_password("nobody.at.all", "a wrong password", HOME)
    house.log_in(shared.botan, OFFICE)
    now = house.clock()
    with house.storage.reading() as tx:
        found = tx.logins.of([shared.botan.id], LoginFilter(now - timedelta(hours=1), now + timedelta(hours=1)), 10)
    assert {(one.outcome, one.reason, str(one.address)) for one in found} == {
        (Outcome.REFUSED, "wrong_password", "198.51.100.20"),
        (Outcome.COMPLETED, "", "203.0.113.7"),
    }
