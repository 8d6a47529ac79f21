"""What staff see of a trader on the command line: state, restrictions, and the dated life of his authenticators (N36)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.accounts import Trader, masked_email, masked_phone
from sekisho.domain.lockout import Attempts
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import email_context, phone_number
from sekisho.flows.ports.security import Keyring, Purpose
from sekisho.flows.ports.storage import LifeEntry
from sekisho.kernel.errors import missing

__all__ = ["TraderCard", "see_trader"]


@dataclass(frozen=True, slots=True)
class TraderCard:
    """lanes: method and lane → attempts, of lanes with failures."""

    trader: Trader
    masked_phone: str
    masked_email: str
    lanes: dict[str, Attempts]
    entries: list[LifeEntry]
    sessions: int

    def facts(self, now: datetime) -> dict[str, object]:
        trader = self.trader
        restricted = [lane for lane, attempts in self.lanes.items() if attempts.admits(now).refused]
        return {
            "trader": trader.id,
            "username": trader.username,
            "name": trader.name,
            "phone": self.masked_phone,
            "email": self.masked_email,
            "language": trader.language,
            "added": trader.added,
            "activated": trader.activated,
            "suspended": trader.suspended,
            "sessions": self.sessions,
            "restricted": ", ".join(restricted) or "no",
        }

    def life(self) -> list[dict[str, str | datetime]]:
        return [{"at": entry.at, "authenticator": entry.authenticator, "what": entry.what, "by": entry.by} for entry in self.entries]


def see_trader(username: str, deps: Dependencies) -> TraderCard:
    """Raises MISSING for an unknown name."""
    with deps.storage.reading() as tx:
        record = tx.traders.by_username(username.strip().lower())
        if record is None:
            raise missing(f"trader {username}")
        lanes = {
            f"{authenticator.kind}/{lane}": attempts
            for authenticator in (record.password, record.phone)
            if authenticator is not None
            for lane, attempts in tx.lockouts.lanes_of(authenticator.id).items()
        }
        phone = masked_phone(phone_number(record.phone, deps.keyring).reveal()) if record.phone else ""
        email = _shown_email(record.trader, deps.keyring)
        life, live = tx.authenticators.life_of(record.trader.id), tx.sessions.live_of(record.trader.id)
    now = deps.clock()
    return TraderCard(record.trader, phone, email, lanes, life, sum(not session.admits(now).refused for session in live))


def _shown_email(trader: Trader, keyring: Keyring) -> str:
    return masked_email(keyring.open(Purpose.FIELDS, trader.email, email_context(trader.id))) if trader.email else ""
