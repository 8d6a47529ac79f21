"""Where messages go: notices to phone and e-mail, a code to the phone, or to a new address that it confirms (R4, R10; J14, N27, N45)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.accounts import Contact, ContactKind, ContactState, Trader, country_code, masked_email, masked_phone
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind
from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.domain.notifications.kinds import Channel
from sekisho.flows.ports.security import Keyring, Purpose
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.kernel.secrets import Secret

__all__ = ["Destination", "contact_destination", "destination_of", "email_context", "notice_destinations", "phone_number", "phrase_context"]
__all__ += ["shown_destination"]


@dataclass(frozen=True, slots=True)
class Destination:
    """An address of a trader. masked: as pages show it."""

    channel: Channel
    address: Secret
    masked: str

    @property
    def country(self) -> str | None:
        """The country code of a phone, for the firm's allow-list (R3)."""
        return country_code(self.address.reveal()) if self.channel is Channel.SMS else None


def phone_number(phone: Authenticator, keyring: Keyring) -> Secret:
    """The E.164 number of a phone authenticator."""
    return Secret(keyring.open(Purpose.FIELDS, phone.value, phone.id))


def email_context(trader: str) -> str:
    """What a trader's e-mail address is sealed for."""
    return f"{trader}|email"


def phrase_context(trader: str) -> str:
    """What a trader's phrase is sealed for."""
    return f"{trader}|phrase"


def notice_destinations(record: LoginRecord, mail: bool, keyring: Keyring) -> list[Destination]:
    """Every address of the trader's notices: the phone and, where the firm sends mail, his e-mail address (N45)."""
    phone = [] if record.phone is None else [_phone_destination(record.phone, keyring)]
    return phone + ([_email_destination(record.trader, record.trader.email, keyring)] if mail and record.trader.email else [])


def contact_destination(contact: Contact, keyring: Keyring) -> Destination:
    address = keyring.open(Purpose.FIELDS, contact.value, contact.id)
    if contact.kind is ContactKind.EMAIL:
        return Destination(Channel.EMAIL, Secret(address), masked_email(address))
    return Destination(Channel.SMS, Secret(address), masked_phone(address))


def destination_of(ceremony: Ceremony, record: LoginRecord, now: datetime, tx: Transaction, keyring: Keyring) -> Destination | None:
    """The phone that the ceremony began with, if it is still the trader's (pending only while activating it); or the new address, if it is
    still to be confirmed."""
    if ceremony.purpose is CeremonyPurpose.CONTACT:
        contact = _contact_of(ceremony, tx)
        waits = contact is not None and contact.state is ContactState.UNCONFIRMED and contact.stands(now)
        return contact_destination(contact, keyring) if contact is not None and waits else None
    phone = record.phone
    if phone is None or phone.id != ceremony.phone or not (phone.usable or ceremony.purpose is CeremonyPurpose.ACTIVATION):
        return None
    return _phone_destination(phone, keyring)


def shown_destination(ceremony: Ceremony, record: LoginRecord, tx: Transaction, keyring: Keyring) -> str:
    """For the page: where the ceremony's code went, whatever became of that since; else the newest phone that the trader ever had."""
    if ceremony.purpose is CeremonyPurpose.CONTACT:
        contact = _contact_of(ceremony, tx)
        return contact_destination(contact, keyring).masked if contact else "··"
    phone = _shown_phone(ceremony, record, tx)
    return _phone_destination(phone, keyring).masked if phone else "··"


def _email_destination(trader: Trader, sealed: str, keyring: Keyring) -> Destination:
    address = keyring.open(Purpose.FIELDS, sealed, email_context(trader.id))
    return Destination(Channel.EMAIL, Secret(address), masked_email(address))


def _contact_of(ceremony: Ceremony, tx: Transaction) -> Contact | None:
    return next((one for one in tx.contacts.of(ceremony.trader) if one.id == ceremony.phone), None)


def _phone_destination(phone: Authenticator, keyring: Keyring) -> Destination:
    number = phone_number(phone, keyring)
    return Destination(Channel.SMS, number, masked_phone(number.reveal()))


def _shown_phone(ceremony: Ceremony, record: LoginRecord, tx: Transaction) -> Authenticator | None:
    if record.phone is not None and record.phone.id == ceremony.phone:
        return record.phone
    phones = [one for one in tx.authenticators.of(ceremony.trader) if one.kind is AuthenticatorKind.PHONE]
    return next((one for one in phones if one.id == ceremony.phone), phones[-1] if phones else None)
