"""A trader changes the e-mail address or phone number of his messages (R4, R10, R16; J04, J14, N27, N41).

new address ─▶ password ─▶ code to the registered phone ─▶ code to the new address ─▶ waits 24 h, both told ─▶ takes effect
                                                                                      └─ cancelled with one factor, from any session

A new phone number is a new authenticator, bound when the waiting is over; until then every code goes to the old one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.accounts import Contact, ContactKind, ContactState, checked_email, checked_phone, country_code, spoken_address
from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.flows.begin_ceremony import Approval, Begun, begin_ceremony
from sekisho.flows.caller import Caller
from sekisho.flows.check_code import check_code
from sekisho.flows.checkpoint import Action
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import contact_destination
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import Keyring, Purpose
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.flows.prove_password import fail_proof, lane_of, session_admits
from sekisho.flows.send_code import ceremony_of
from sekisho.flows.step_up import spend_proof
from sekisho.kernel.decision import Decision, Reason, Refused
from sekisho.kernel.errors import invalid
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_, Language, translator

__all__ = ["NewContact", "confirm_contact", "name_contact", "spoken_contact", "wanted_contact"]

ACTS = {
    ContactKind.EMAIL: N_("change the e-mail address of the notices to %(address)s"),
    ContactKind.PHONE: N_("change the registered phone to %(address)s"),
}


@dataclass(frozen=True, slots=True)
class NewContact:
    """What the trader wants: a checked address, and the act in words as page, message and audit tell it (J08)."""

    kind: ContactKind
    address: str
    text: str

    def packed(self) -> str:
        return json.dumps([self.kind.value, self.address, self.text])

    @classmethod
    def unpacked(cls, packed: str) -> NewContact:
        kind, address, text = json.loads(packed)
        return cls(ContactKind(kind), address, text)


def wanted_contact(kind: ContactKind, typed: str, live: LiveSession, deps: Dependencies) -> NewContact:
    """What a step-up for CHANGE_CONTACT is to approve. Raises INVALID for an address that cannot be one."""
    address = checked_email(typed) if kind is ContactKind.EMAIL else checked_phone(typed)
    if kind is ContactKind.PHONE and country_code(address) not in deps.policies.sends.countries:
        raise invalid("We do not send messages to that country.", "phone", phone="We do not send messages to that country.")
    if kind is ContactKind.EMAIL and not deps.policies.mail:
        raise invalid("This firm sends no e-mail yet.", "email", email="This firm sends no e-mail yet.")
    text = translator(Language(live.trader.language)).gettext(ACTS[kind]) % {"address": spoken_address(kind, address)}
    return NewContact(kind, address, text)


def name_contact(token: Secret, digits: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> Begun | Refused:
    """The step-up is spent: the address stands as unconfirmed, and a ceremony begins whose code goes there. Send it by `send_code`."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        proven = spend_proof(token, digits, Action.CHANGE_CONTACT, live, now, tx, deps)
        if isinstance(proven, Refused):
            return proven
        wanted = NewContact.unpacked(proven.proposal)
        _forget_others(wanted.kind, live.trader.id, now, tx)
        contact_id = new_id("con", now)
        sealed = deps.keyring.seal(Purpose.FIELDS, wanted.address, contact_id)
        due = now + deps.policies.contacts.unconfirmed_life
        contact = Contact(contact_id, live.trader.id, wanted.kind, ContactState.UNCONFIRMED, sealed, now, live.trader.id, due=due)
        tx.contacts.add(contact)
        tx.audit.append(_event(EventKind.CONTACT_ADDED, contact, live.trader.id), now)
        approval = Approval(Action.CHANGE_CONTACT.value, wanted.text, live.session.id, contact=contact.id)
        life = deps.policies.codes.ceremony_life
        return begin_ceremony(CeremonyPurpose.CONTACT, proven.record, lane_of(live.session), life, caller, now, tx, deps, approval)


def confirm_contact(token: Secret, digits: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> Contact | Refused:
    """The code that went to the new address came back: it waits for its delay, and old and new address are told (J14, N41)."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        ceremony = ceremony_of(token, tx, deps)
        record = tx.traders.lock(live.trader.id)
        if ceremony is None or record is None:
            return Refused(Reason.STEP_UP_NEEDED)
        decision = _may_confirm(ceremony, record, live, now, tx)
        if not decision.refused:
            decision = check_code(ceremony, record, digits, live.address, now, tx, deps)
        if isinstance(decision, Refused):
            fail_proof(Action.CHANGE_CONTACT, decision, live, now, tx)
            return decision
        tx.ceremonies.save(ceremony.completed(now))
        contact = _confirmed(ceremony, record, now, tx, deps)
    deps.outbox_ready()
    return contact


def spoken_contact(contact: Contact, keyring: Keyring) -> str:
    """As a message may name it: enough for the owner to recognise it, and nothing that a phone would make a link of."""
    return spoken_address(contact.kind, keyring.open(Purpose.FIELDS, contact.value, contact.id))


def _may_confirm(ceremony: Ceremony, record: LoginRecord, live: LiveSession, now: datetime, tx: Transaction) -> Decision:
    """Begun by this session, for this; no other code will do."""
    if ceremony.purpose is not CeremonyPurpose.CONTACT or ceremony.session != live.session.id:
        return Refused(Reason.STEP_UP_NEEDED)
    return session_admits(Action.CHANGE_CONTACT, live, record, now, tx)


def _confirmed(ceremony: Ceremony, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> Contact:
    found = next(one for one in tx.contacts.of(record.trader.id) if one.id == ceremony.phone)  # check_code saw it
    contact = found.confirm(deps.policies.contacts, now)
    tx.contacts.save(contact)
    tx.audit.append(_event(EventKind.CONTACT_CONFIRMED, contact, record.trader.id), now)
    hours = int(deps.policies.contacts.delay.total_seconds() // 3600)
    params: dict[str, Fact] = {"contact": spoken_contact(contact, deps.keyring), "hours": hours}
    new = [contact_destination(contact, deps.keyring)]
    notify(NoticeKind.CONTACT_CHANGE_WAITING, record, params, now, tx, deps, also=new)
    return contact


def _forget_others(kind: ContactKind, trader: str, now: datetime, tx: Transaction) -> None:
    """One change of a kind at a time: whoever begins another one has given the former up."""
    for contact in tx.contacts.of(trader):
        if contact.kind is kind and contact.state is not ContactState.ACTIVE:
            tx.contacts.save(contact.end(now))
            tx.audit.append(_event(EventKind.CONTACT_CANCELLED, contact, trader, "replaced"), now)


def _event(kind: EventKind, contact: Contact, actor: str | None, reason: str | None = None) -> Event:
    facts: dict[str, Fact] = {"contact": contact.id, "contact_kind": contact.kind}
    return Event(kind, actor=actor, trader=contact.trader, reason=reason, facts=facts)
