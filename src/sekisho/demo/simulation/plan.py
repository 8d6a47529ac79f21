"""What is simulated: the size, the time, and the numbers of honest noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

__all__ = ["Noise", "Plan"]


@dataclass(frozen=True, slots=True)
class Noise:
    """Honest noise, at least what MONITORING.md asks for ("Honest figures"), each a share.

    new_network: logins from a /24 that the trader never used (asked: 0.03).
    new_device: logins from a new device, or from an old one whose cookie is gone (0.005).
    new_device_new_network: those of them that come from a new network too.
    cookie_clearers: traders who clear the cookie every time.
    vpn_traders, vpn_share: traders who use a VPN, and for how much of their logins.
    trips: traders who leave for a trip on a day (with the VPN: 0.01 of logins).
    sell_outs: traders that sell most holdings, of all and per trading day (0.003).
    new_payee: withdrawals to a payee that the account never used (0.05).
    typo: logins with a wrong password first. resend: with more than one code. forgotten: with five wrong passwords.
    moving_sessions: sessions that go from home to a mobile network.
    """

    new_network: float = 0.032
    new_device: float = 0.0065
    new_device_new_network: float = 0.3
    cookie_clearers: float = 0.002
    vpn_traders: float = 0.03
    vpn_share: float = 0.2
    trips: float = 0.002
    sell_outs: float = 0.003
    new_payee: float = 0.08
    typo: float = 0.04
    resend: float = 0.02
    forgotten: float = 0.002
    moving_sessions: float = 0.03


@dataclass(frozen=True, slots=True)
class Plan:
    """traders: of whom one in twenty joins during the time. attacks: of each kind; a third of them weakened.

    warm_up: first days without attacks, in which habits form; the report counts from their end.
    """

    traders: int = 20_000
    days: int = 60
    seed: int = 1
    attacks: int = 36
    start: date = date(2025, 9, 1)
    noise: Noise = field(default_factory=Noise)

    def __post_init__(self) -> None:
        if self.traders < 50:
            raise ValueError("a market needs at least 50 traders")
        if not 28 <= self.days <= 1500:
            raise ValueError("days must be 28 to 1500: habits form first, and some attacks take several days")
        if not 0 <= self.attacks <= self.traders // 40:
            raise ValueError("attacks of a kind: at most one per 40 traders, for some take 8 to 12 accounts each")

    @property
    def warm_up(self) -> int:
        return min(20, self.days // 3)

    @property
    def calendar(self) -> tuple[date, ...]:
        return tuple(self.start + timedelta(days=number) for number in range(self.days))
