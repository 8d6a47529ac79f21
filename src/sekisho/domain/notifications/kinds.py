"""The closed vocabulary of what is told to traders, and on which way."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["NEVER_DIGESTED", "Channel", "CodePurpose", "NoticeKind", "Place"]


class Channel(StrEnum):
    """Ways to a trader. The inbox is a page of the portal and leaves the house by no sender."""

    INBOX = "inbox"
    SMS = "sms"
    EMAIL = "email"


class NoticeKind(StrEnum):
    """What a security notice is about (R10, J13, N45, ASVS V6.3.5 and V6.3.7)."""

    LOGIN_UNKNOWN_CLIENT = "login_unknown_client"
    LOGIN_KNOWN_CLIENT = "login_known_client"  # only where the trader chose it
    PASSWORD_WITHOUT_SECOND_FACTOR = "password_without_second_factor"
    ADDRESS_REFUSED = "address_refused"
    LOGIN_RESTRICTED = "login_restricted"
    LOGIN_RESTRICTED_UNTIL_UNLOCKED = "login_restricted_until_unlocked"
    LOGIN_UNRESTRICTED = "login_unrestricted"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_CHANGE_FORCED = "password_change_forced"
    CONTACT_CHANGED = "contact_changed"
    CONTACT_CHANGE_WAITING = "contact_change_waiting"
    CONTACT_CHANGE_CANCELLED = "contact_change_cancelled"
    ADDRESSES_TIGHTENED = "addresses_tightened"
    ADDRESSES_LOOSENING = "addresses_loosening"  # waits for the delay
    ADDRESSES_LOOSENED = "addresses_loosened"  # the delay is over
    ADDRESSES_CANCELLED = "addresses_cancelled"
    DELEGATE_REFUSED = "delegate_refused"  # to the holder: an address of a trader of his was refused
    MANDATE_GRANTED = "mandate_granted"  # to the holders: somebody may act for their account
    MANDATE_ENDED = "mandate_ended"
    PREFERENCES_CHANGED = "preferences_changed"
    AUTHENTICATOR_CHANGED = "authenticator_changed"
    AUTHENTICATOR_DISABLED = "authenticator_disabled"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_UNFROZEN = "account_unfrozen"
    INSTRUCTION_ASKED = "instruction_asked"  # is this yours?
    INSTRUCTION_HELD = "instruction_held"
    LOGIN_SUSPICIOUS = "login_suspicious"  # quarantined
    LOGIN_STOPPED = "login_stopped"  # refused, or its session ended
    TRADER_ACTIVATED = "trader_activated"
    TRADER_RESET = "trader_reset"


# Logins and changes are each told at once (R10); the rest can be provoked by strangers, or follows what they provoked, and is rationed.
NEVER_DIGESTED = frozenset(NoticeKind) - {
    NoticeKind.PASSWORD_WITHOUT_SECOND_FACTOR,
    NoticeKind.ADDRESS_REFUSED,
    NoticeKind.DELEGATE_REFUSED,
    NoticeKind.LOGIN_RESTRICTED,
    NoticeKind.LOGIN_RESTRICTED_UNTIL_UNLOCKED,
    NoticeKind.LOGIN_UNRESTRICTED,
}


class CodePurpose(StrEnum):
    """What a security code is for; a code is good for that alone (R4)."""

    LOGIN = "login"
    ACTIVATION = "activation"
    STEP_UP = "step_up"
    CONTACT = "contact"


class Place(StrEnum):
    """Where the code is to be entered."""

    PORTAL = "portal"
    PROGRAM = "program"
