"""The answer of every check: Allowed, or Refused with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

__all__ = ["Allowed", "Decision", "Reason", "Refused"]


class Reason(StrEnum):
    """Why a gate refused. For the audit log and the desk; the outside sees one refusal (R1)."""

    UNKNOWN_NAME = "unknown_name"
    WRONG_PASSWORD = "wrong_password"
    WRONG_CODE = "wrong_code"
    CODE_EXPIRED = "code_expired"
    CODE_SPENT = "code_spent"
    CODE_TRIES_SPENT = "code_tries_spent"
    NO_CODE = "no_code"
    LOGIN_RESTRICTED = "login_restricted"
    ADDRESS_REFUSED = "address_refused"  # not on the list of the trader, or of the account (R5)
    ADDRESS_UNKNOWN = "address_unknown"  # a list applies, and nobody vouches for the address (R5)
    AUTHENTICATOR_DISABLED = "authenticator_disabled"
    NOT_ACTIVATED = "not_activated"
    LOGIN_DEAD = "login_dead"
    SUSPICIOUS = "suspicious"  # the rules refused this login, after password and code (P7)
    STATE_CHANGED = "state_changed"  # suspension, freeze, unlock or password change since the reservation
    TRADER_SUSPENDED = "trader_suspended"
    TRADER_FROZEN = "trader_frozen"
    ACCOUNT_FROZEN = "account_frozen"
    SESSION_UNKNOWN = "session_unknown"
    SESSION_IDLE = "session_idle"
    SESSION_TOO_OLD = "session_too_old"
    SESSION_ENDED = "session_ended"
    WRONG_DOOR = "wrong_door"  # a session of another channel
    MANDATE_MISSING = "mandate_missing"
    QUARANTINED = "quarantined"
    STEP_UP_NEEDED = "step_up_needed"
    PASSWORD_CHANGE_NEEDED = "password_change_needed"
    SENDS_EXHAUSTED = "sends_exhausted"
    FIRM_SENDS_EXHAUSTED = "firm_sends_exhausted"
    COUNTRY_NOT_SERVED = "country_not_served"
    INSTRUCTION_CHANGED = "instruction_changed"  # not what was judged (R13)
    INSTRUCTION_EXPIRED = "instruction_expired"
    INSTRUCTION_NOT_ALLOWED = "instruction_not_allowed"  # challenged, held, refused, disputed, cancelled or claimed before
    KEY_UNKNOWN = "key_unknown"  # a broker's key: misread, or never issued
    KEY_EXPIRED = "key_expired"
    KEY_REVOKED = "key_revoked"
    SCOPE_MISSING = "scope_missing"


@dataclass(frozen=True, slots=True)
class Allowed:
    refused: Literal[False] = False


@dataclass(frozen=True, slots=True)
class Refused:
    reason: Reason
    until: datetime | None = None
    refused: Literal[True] = True


Decision = Allowed | Refused
