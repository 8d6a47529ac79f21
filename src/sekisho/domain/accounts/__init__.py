"""Accounts, the traders who log in, and the mandates that say who may do what (DESIGN §3, R7, R16).

An account has one holder and may have more traders. A mandate is dated; ended or missing, the account is as if it did not exist.
"""

from sekisho.domain.accounts.account import Account, Mandate, Right, Role
from sekisho.domain.accounts.contact import Contact, ContactKind, ContactState, checked_email, masked_email, spoken_address
from sekisho.domain.accounts.contact_policy import ContactPolicy
from sekisho.domain.accounts.names import checked_username, look_alike
from sekisho.domain.accounts.phones import checked_phone, country_code, masked_phone
from sekisho.domain.accounts.trader import Trader

__all__ = [
    "Account",
    "Contact",
    "ContactKind",
    "ContactPolicy",
    "ContactState",
    "Mandate",
    "Right",
    "Role",
    "Trader",
    "checked_email",
    "checked_phone",
    "checked_username",
    "country_code",
    "look_alike",
    "masked_email",
    "masked_phone",
    "spoken_address",
]
