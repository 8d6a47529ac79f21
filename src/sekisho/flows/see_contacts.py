"""Where a trader's messages go, and what is about to change of it (R10, J14)."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.domain.accounts import Contact, masked_email, masked_phone
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import contact_destination, email_context, phone_number
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.errors import missing

__all__ = ["ContactsSeen", "see_contacts"]


@dataclass(frozen=True, slots=True)
class ContactsSeen:
    """phone, email: masked, empty where there is none. waiting: changes that have not taken effect, each with the masked new address."""

    phone: str
    email: str
    waiting: list[tuple[Contact, str]]


def see_contacts(live: LiveSession, deps: Dependencies) -> ContactsSeen:
    now, keyring = deps.clock(), deps.keyring
    with deps.storage.reading() as tx:
        record = tx.traders.get(live.trader.id)
        contacts = [one for one in tx.contacts.of(live.trader.id) if one.stands(now) and one.due is not None]
    if record is None:
        raise missing("trader")
    sealed = record.trader.email
    return ContactsSeen(
        phone=masked_phone(phone_number(record.phone, keyring).reveal()) if record.phone else "",
        email=masked_email(keyring.open(Purpose.FIELDS, sealed, email_context(record.trader.id))) if sealed else "",
        waiting=[(one, contact_destination(one, keyring).masked) for one in contacts],
    )
