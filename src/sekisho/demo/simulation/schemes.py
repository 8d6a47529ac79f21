"""The eight kinds of attack, each as what happens on one of its days. Shares, pauses and hours are assumptions: docs/simulator.md."""

from __future__ import annotations

from collections.abc import Callable

from sekisho.demo.simulation.attack import Attack, AttackKind
from sekisho.demo.simulation.calendar import HOUR, MINUTE
from sekisho.demo.simulation.desk import Desk
from sekisho.demo.simulation.honest import Day
from sekisho.demo.simulation.intrusion import buy_thin, change_payee, dispute, intrude, leave, look_around, sell_holdings, take_money
from sekisho.demo.simulation.login_schemes import bomb_with_codes, stuff
from sekisho.demo.simulation.securities import Securities
from sekisho.demo.simulation.sessions import Sitting, where
from sekisho.demo.simulation.traders import Trader

__all__ = ["SCHEMES", "Scheme"]

Scheme = Callable[[Attack, int, Day, Desk, Securities], None]


def take_over_for_market(attack: Attack, stage: int, day: Day, desk: Desk, market: Securities) -> None:
    """1: new device and network, most holdings sold, a thin stock bought at any price, no withdrawal."""
    victim, begins = attack.victims[0], day.start + attack.rng.randint(8 * HOUR + 40 * MINUTE, 13 * HOUR)
    _play_market(attack, stage, victim, begins, desk, market)
    if stage == attack.last_stage:
        dispute(attack, desk, day.start + 16 * HOUR)


def campaign(attack: Attack, stage: int, day: Day, desk: Desk, market: Securities) -> None:
    """2: the same on 6 to 12 accounts within an hour, all into one thin stock; weakened over days or on few accounts."""
    begins = day.start + attack.rng.randint(9 * HOUR, 13 * HOUR)
    for victim in attack.victims:
        _play_market(attack, stage, victim, begins + attack.rng.randint(0, 35 * MINUTE), desk, market)
    if stage == attack.last_stage:
        dispute(attack, desk, day.start + 16 * HOUR)


def _play_market(attack: Attack, stage: int, victim: Trader, moment: int, desk: Desk, market: Securities) -> None:
    """Quiet days: only a login. Slower: sold on the main day, bought on the later ones."""
    session = intrude(attack, victim, desk, moment)
    moment = look_around(attack, desk, session, session.opened + 4000)
    pause = (12 if attack.slower else 1) * MINUTE
    if stage == 0:
        share = attack.rng.uniform(0.25, 0.45) if attack.smaller else attack.rng.uniform(0.7, 0.98)
        moment = sell_holdings(attack, desk, session, moment, market, share, pause)
    if stage >= 0 and (stage > 0 or not attack.slower):
        share = attack.rng.uniform(0.3, 0.5) if attack.smaller else attack.rng.uniform(0.75, 0.98)
        moment = buy_thin(attack, desk, session, moment + attack.rng.randint(1, 10) * MINUTE, share, pause)
    leave(attack, desk, session, moment)


def take_over_for_cash(attack: Attack, stage: int, day: Day, desk: Desk, market: Securities) -> None:
    """3: contact, password or bank account changed, then a withdrawal to a new payee."""
    victim, rng = attack.victims[0], attack.rng
    session = intrude(attack, victim, desk, day.start + rng.randint(7 * HOUR, 22 * HOUR))
    moment = look_around(attack, desk, session, session.opened + 4000)
    if stage == 0:
        moment = _change_something(attack, desk, session, moment)
    if stage == attack.last_stage:
        share = rng.uniform(0.1, 0.3) if attack.smaller else rng.uniform(0.7, 1.0)
        moment = take_money(attack, desk, session, moment + rng.randint(1, 20) * MINUTE, day, share)
        dispute(attack, desk, moment)
    leave(attack, desk, session, moment)


def _change_something(attack: Attack, desk: Desk, session: Sitting, moment: int) -> int:
    chance = attack.rng.random()
    if chance < 0.6:
        return change_payee(attack, desk, session, moment)
    with attack.step(desk, "change"):
        if chance < 0.85:
            desk.add(moment, "contact.changed", session.fields, extra={"contact_kind": "phone"})
        else:
            desk.add(moment, "password.changed", session.fields)
    return moment


def steal_session(attack: Attack, stage: int, day: Day, desk: Desk, market: Securities) -> None:
    """5: the victim's own living session is seen from another network; then orders, or a withdrawal without a step-up."""
    victim, rng = attack.victims[0], attack.rng
    session = day.sessions.get(victim.number)
    if session is None:
        return
    place = attack.place(victim)
    moment = session.opened + (rng.randint(60, 170) if attack.slower else rng.randint(2, 25)) * MINUTE
    stolen = Sitting(session.id, victim, session.opened, session.fields | where(place))
    with attack.step(desk, "session"):
        desk.add(moment, "session.seen", stolen.fields)
    if stage < 0:
        return
    moment = look_around(attack, desk, stolen, moment + 2000)
    share = rng.uniform(0.2, 0.4) if attack.smaller else rng.uniform(0.7, 0.98)
    if rng.random() < 0.7:
        moment = sell_holdings(attack, desk, stolen, moment, market, share, MINUTE)
        buy_thin(attack, desk, stolen, moment + 2 * MINUTE, share, MINUTE)
    else:
        take_money(attack, desk, stolen, moment, day, share, proven=False)


def travel(attack: Attack, stage: int, day: Day, desk: Desk, market: Securities) -> None:
    """6: the victim logs in at home, and minutes later from far away, in half the cases with the stolen cookie of a known client."""
    victim, rng = attack.victims[0], attack.rng
    honest = day.sessions.get(victim.number)
    if honest is None:
        return
    moment = honest.opened + (rng.randint(150, 300) if attack.slower else rng.randint(5, 55)) * MINUTE
    if attack.rng.random() < 0.5 or victim.number in attack.devices:
        attack.devices[victim.number] = victim.devices[0]
        attack.known.add(victim.number)
    session = intrude(attack, victim, desk, moment)
    moment = look_around(attack, desk, session, session.opened + 3000)
    if stage == 0:
        share = rng.uniform(0.15, 0.35) if attack.smaller else rng.uniform(0.6, 0.95)
        if rng.random() < 0.5:
            moment = sell_holdings(attack, desk, session, moment, market, share, MINUTE)
            moment = buy_thin(attack, desk, session, moment + MINUTE, share, MINUTE)
        else:
            moment = take_money(attack, desk, session, moment, day, share)
        dispute(attack, desk, moment)
    leave(attack, desk, session, moment)


def feed_mule(attack: Attack, stage: int, day: Day, desk: Desk, market: Securities) -> None:
    """8: deceived customers pay one and the same payee, each by himself, from the own device; nothing about the logins is odd."""
    rng, count = attack.rng, len(attack.stages)
    for place, victim in enumerate(attack.victims):
        session = day.sessions.get(victim.number)
        if place % count != stage or session is None:
            continue
        moment = session.opened + rng.randint(3, 90) * MINUTE
        if rng.random() < 0.5:
            moment = change_payee(attack, desk, session, moment) + 2 * MINUTE
        share = rng.uniform(0.1, 0.3) if attack.smaller else rng.uniform(0.4, 1.0)
        take_money(attack, desk, session, moment, day, share)


SCHEMES: dict[AttackKind, Scheme] = {
    AttackKind.TAKEOVER_MARKET: take_over_for_market,
    AttackKind.MARKET_CAMPAIGN: campaign,
    AttackKind.TAKEOVER_CASH: take_over_for_cash,
    AttackKind.STUFFING: stuff,
    AttackKind.SESSION_THEFT: steal_session,
    AttackKind.IMPOSSIBLE_TRAVEL: travel,
    AttackKind.CODE_BOMBING: bomb_with_codes,
    AttackKind.MULE_PAYEE: feed_mule,
}
