"""A session, when it is over, and how human input is booked (R6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sekisho.domain.sessions.policy import SessionPolicy
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused

__all__ = ["Channel", "EndReason", "Session", "book_input", "idle_of"]


class Channel(StrEnum):
    """The door that a session belongs to; it is refused at every other (R4)."""

    PORTAL = "portal"
    API = "api"
    WORKSTATION = "workstation"

    @property
    def is_program(self) -> bool:
        return self is not Channel.PORTAL


class EndReason(StrEnum):
    IDLE = "idle"
    TOO_OLD = "too_old"
    LOGGED_OFF = "logged_off"
    ENDED_BY_TRADER = "ended_by_trader"
    ENDED_BY_STAFF = "ended_by_staff"
    REPLACED = "replaced"  # by a login over the limit of sessions
    PASSWORD_CHANGED = "password_changed"
    RESET = "reset"
    STEP_UP_FAILED = "step_up_failed"  # five failed proofs (R4)
    SUSPENDED = "suspended"
    KEY_RETIRED = "key_retired"  # the master key that its token was hashed with is gone (R9)
    SUSPICIOUS = "suspicious"  # monitoring refused its login (P7)
    RESTORED = "restored"  # an older copy of the database was put back (R9)

    @property
    def takes_back(self) -> bool:
        """Whether it says that somebody else may have had the session, or that what was asked for in it may be done already: then
        nothing that it asked for is carried out any more (R13). A logoff, a time-out or a further login takes nothing back.
        """
        return self in _TAKING_BACK


_TAKING_BACK = frozenset(
    {
        EndReason.ENDED_BY_TRADER,
        EndReason.ENDED_BY_STAFF,
        EndReason.PASSWORD_CHANGED,
        EndReason.RESET,
        EndReason.STEP_UP_FAILED,
        EndReason.SUSPENDED,
        EndReason.SUSPICIOUS,
        EndReason.RESTORED,
    }
)


@dataclass(frozen=True, slots=True)
class Session:
    """idle: this session's own limit. quarantined_until: interim mode, login from an unknown client (R4).

    client: the known client it came from or made at login. methods: how it was authenticated, e.g. "password+security_code".
    country, network: of the address at login; a guess from public registers.
    """

    id: str
    trader: str
    channel: Channel
    token_hash: str
    started: datetime
    last_input: datetime
    idle: timedelta
    ends: datetime
    client: str | None = None
    methods: str = ""
    quarantined_until: datetime | None = None
    failed_proofs: int = 0
    ended: datetime | None = None
    end_reason: EndReason | None = None
    address: str | None = None
    program: str = ""
    country: str = ""
    network: str = ""

    @property
    def over_at(self) -> datetime:
        """The moment of automatic logoff if no input comes."""
        return min(self.last_input + self.idle, self.ends)

    def admits(self, now: datetime) -> Decision:
        """Alive before `over_at`, over at it: 600 s after the last input, not 599 and not 601."""
        if self.ended is not None:
            return Refused(Reason.SESSION_ENDED)
        if now >= self.ends:
            return Refused(Reason.SESSION_TOO_OLD)
        if now >= self.last_input + self.idle:
            return Refused(Reason.SESSION_IDLE)
        return Allowed()

    def quarantined(self, now: datetime) -> bool:
        return self.quarantined_until is not None and now < self.quarantined_until

    def end(self, reason: EndReason, now: datetime) -> Session:
        return replace(self, ended=now, end_reason=reason)


def idle_of(channel: Channel, own_choice: timedelta | None, policy: SessionPolicy) -> timedelta:
    """The trader's own choice within the firm's bounds, else the firm's number for that door."""
    if own_choice is None:
        return policy.idle_program if channel.is_program else policy.idle
    return max(policy.idle_shortest, min(own_choice, policy.idle_longest))


def book_input(session: Session, received: datetime, age: timedelta) -> Session:
    """Last input = receipt minus age, never later than receipt nor earlier than before (R6). age: 0 to 60 s."""
    at = min(received, max(session.last_input, received - max(age, timedelta(0))))
    return replace(session, last_input=max(at, session.last_input))
