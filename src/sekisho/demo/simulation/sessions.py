"""Logins and sessions as Sekisho itself records them, of honest traders and of intruders alike."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sekisho.demo.simulation.calendar import MINUTE
from sekisho.demo.simulation.carriers import Place, Use, carriers_of, draw_place, host_in
from sekisho.demo.simulation.desk import Desk, Fields
from sekisho.demo.simulation.plan import Noise
from sekisho.demo.simulation.traders import Crowd, Trader

__all__ = ["Sitting", "choose_client", "choose_place", "end_session", "log_in", "look_at_holdings", "proof_fields", "send_code", "where"]

_SECOND = 1000


@dataclass(slots=True)
class Sitting:
    """A session as the simulation holds it.

    opened: when the login was complete. fields: who and where, as every event of the session bears it.
    """

    id: str
    trader: Trader
    opened: int
    fields: Fields

    @property
    def acting(self) -> Fields:
        """The same for what is done on the account."""
        return self.fields | {"account": self.trader.account}


def where(place: Place) -> Fields:
    return {"address": place.address, "network": place.network, "asn": place.asn, "country": place.country}


def proof_fields(trader: Trader, place: Place) -> Fields:
    return {"trader": trader.id} | where(place)


def choose_place(trader: Trader, known_device: bool, crowd: Crowd, noise: Noise, rng: Random) -> Place:
    """Where an honest trader logs in from: a trip, the VPN, a new network, or one of the usual ones."""
    if trader.away is not None:
        return host_in(trader.away[1], rng)
    if trader.vpn and rng.random() < noise.vpn_share:
        return host_in(rng.choice(trader.vpn), rng)
    if rng.random() < (noise.new_network if known_device else noise.new_device_new_network):
        return _new_place(trader, crowd, rng)
    chance = rng.random()
    if trader.work is not None and chance < 0.25:
        return host_in(trader.work, rng)
    return host_in(rng.choice(trader.mobile), rng) if chance < 0.6 else trader.home


def _new_place(trader: Trader, crowd: Crowd, rng: Random) -> Place:
    """The line at home has another address, the mobile carrier another exit, or it is somebody else's network."""
    chance = rng.random()
    if chance < 0.45:
        trader.home = draw_place(trader.home_carrier, rng)
        return trader.home
    if chance < 0.7:
        place = draw_place(trader.mobile_carrier, rng)
        trader.mobile[rng.randrange(len(trader.mobile))] = place
        return place
    return draw_place(rng.choice(carriers_of(rng.choice((Use.HOME, Use.WORK)))), rng)


def choose_client(trader: Trader, noise: Noise, rng: Random) -> tuple[str, bool]:
    """(device, whether its cookie is known)."""
    if not trader.clears_cookies and rng.random() >= noise.new_device:
        return (trader.devices[0] if rng.random() < 0.75 else trader.devices[-1]), True
    device = trader.new_device()
    if len(trader.devices) > 2 or rng.random() < 0.6:
        trader.devices[rng.randrange(len(trader.devices))] = device
    else:
        trader.devices.append(device)
    return device, False


def send_code(desk: Desk, moment: int, who: Fields, purpose: str, kind: str = "code.sent") -> str:
    return desk.add(moment, kind, who, extra={"purpose": purpose})


def log_in(desk: Desk, trader: Trader, moment: int, place: Place, client: tuple[str, bool], noise: Noise, rng: Random) -> Sitting:
    """Password, code, session; with the mistakes that honest people make before."""
    who = proof_fields(trader, place)
    moment = _mistakes(desk, who, moment, noise, rng)
    desk.add(moment, "login.password_accepted", who)
    send_code(desk, moment + 300, who, "login")
    moment += rng.randint(9, 50) * _SECOND
    if rng.random() < noise.resend:
        send_code(desk, moment + 20 * _SECOND, who, "login")
        moment += rng.randint(30, 90) * _SECOND
    return open_session(desk, trader, moment, place, client, rng)


def open_session(desk: Desk, trader: Trader, moment: int, place: Place, client: tuple[str, bool], rng: Random) -> Sitting:
    """The moment at which the code was right, and the first request after it."""
    device, known = client
    session = trader.new_session()
    fields = proof_fields(trader, place) | {"device": device, "session": session, "channel": trader.channel}
    desk.add(moment, "login.completed", fields, extra={"known_client": known, "methods": "password+security_code"})
    desk.add(moment + rng.randint(100, 900), "session.seen", fields)
    return Sitting(session, trader, moment, fields)


def _mistakes(desk: Desk, who: Fields, moment: int, noise: Noise, rng: Random) -> int:
    """The moment at which the right password comes."""
    chance = rng.random()
    if chance < noise.forgotten:
        for _ in range(5):
            _refused(desk, who, moment, "wrong_password", "password")
            moment += rng.randint(8, 60) * _SECOND
        desk.add(moment, "login.restricted", who, extra={"strangers": False})
        return moment + 16 * MINUTE
    if chance < noise.forgotten + noise.typo:
        unnamed = {name: value for name, value in who.items() if name != "trader"}
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            if rng.random() < 0.25:
                _refused(desk, unnamed, moment, "unknown_name", "password")
            else:
                _refused(desk, who, moment, "wrong_password", "password")
            moment += rng.randint(5, 40) * _SECOND
    elif chance < noise.forgotten + noise.typo + 0.012:
        desk.add(moment, "login.password_accepted", who)
        send_code(desk, moment + 300, who, "login")
        _refused(desk, who, moment + 25 * _SECOND, "wrong_code", "security_code")
        moment += rng.randint(60, 200) * _SECOND
    return moment


def _refused(desk: Desk, who: Fields, moment: int, reason: str, step: str) -> None:
    desk.add(moment, "login.refused", who, extra={"reason": reason, "step": step})


def look_at_holdings(desk: Desk, session: Sitting, moment: int) -> str:
    """The broker values the holdings when the trader looks at them."""
    return desk.add(moment, "holdings.valued", session.acting, amount_jpy=session.trader.holdings)


def end_session(desk: Desk, session: Sitting, moment: int, rng: Random) -> str:
    reason = rng.choices(("idle", "logged_off", "too_old"), (68, 30, 2))[0]
    return desk.add(moment, "session.ended", session.fields, extra={"reason": reason})
