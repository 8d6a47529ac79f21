"""Attacks on the login itself: stuffing and spraying, and bombing with codes."""

from __future__ import annotations

from sekisho.demo.simulation.attack import Attack
from sekisho.demo.simulation.calendar import DAY, HOUR, MINUTE
from sekisho.demo.simulation.carriers import Place, host_in
from sekisho.demo.simulation.desk import Desk
from sekisho.demo.simulation.honest import Day
from sekisho.demo.simulation.intrusion import buy_thin, dispute, leave, look_around, sell_holdings, take_money
from sekisho.demo.simulation.securities import Securities
from sekisho.demo.simulation.sessions import open_session, proof_fields, send_code, where

__all__ = ["bomb_with_codes", "stuff"]


def stuff(attack: Attack, stage: int, day: Day, desk: Desk, market: Securities) -> None:
    """4: lists of names and passwords tried out; a third of the names exist, and in a few cases the password is right.

    Plain: 150 to 500 tries within 20 to 90 minutes from one to three /24. Slower: the day long. Smaller: 40 to 90 tries. Same country:
    from as many home networks as there are tens of tries. Quiet: spread over six days.
    """
    rng = attack.rng
    tries = rng.randint(40, 90) if attack.smaller else rng.randint(150, 500)
    tries = max(8, tries // len(attack.stages))
    places = [attack.new_place() for _ in range(max(2, tries // 10) if attack.same_country else rng.randint(1, 3))]
    span = 20 * HOUR if attack.slower else rng.randint(20, 90) * MINUTE
    begins = day.start + rng.randint(0, DAY - span)
    with attack.step(desk, "try"):
        for _ in range(tries):
            _try(attack, desk, begins + rng.randrange(span), host_in(rng.choice(places), rng))


def _try(attack: Attack, desk: Desk, moment: int, place: Place) -> None:
    rng = attack.rng
    if rng.random() < 0.67:
        desk.add(moment, "login.refused", where(place), extra={"reason": "unknown_name", "step": "password"})
        return
    who = proof_fields(rng.choice(attack.victims), place)
    if rng.random() < 0.97:
        desk.add(moment, "login.refused", who, extra={"reason": "wrong_password", "step": "password"})
        return
    desk.add(moment, "login.password_accepted", who)
    send_code(desk, moment + 200, who, "login")
    desk.add(moment + 5 * MINUTE, "login.refused", who, extra={"reason": "unfinished", "step": "security_code"})


def bomb_with_codes(attack: Attack, stage: int, day: Day, desk: Desk, market: Securities) -> None:
    """7: the password is known; code after code is sent until the trader gives one away, as two of five do.

    Plain: 7 to 14 sends within half an hour, withheld after the fifth in 15 minutes. Slower: over six hours. Smaller: 4 to 5 sends.
    """
    rng, victim = attack.rng, attack.victims[0]
    place = attack.place(victim)
    who = proof_fields(victim, place)
    sends = rng.randint(4, 5) if attack.smaller else rng.randint(7, 14)
    if stage < 0:
        sends = 1
    moment = day.start + (rng.randint(9 * HOUR, 13 * HOUR) if rng.random() < 0.6 else rng.randint(0, 5 * HOUR))
    span = 6 * HOUR if attack.slower else rng.randint(8, 30) * MINUTE
    sent: list[int] = []
    with attack.step(desk, "bomb"):
        for tried in sorted(moment + rng.randrange(span) for _ in range(sends)):
            moment = tried
            withheld = len([before for before in sent if tried - before < 15 * MINUTE]) >= 5
            desk.add(tried, "login.password_accepted", who)
            send_code(desk, tried + 200, who, "login", "code.withheld" if withheld else "code.sent")
            sent += [] if withheld else [tried]
    if stage >= 0 and rng.random() < 0.4:
        _let_in(attack, desk, moment, place, day, market)


def _let_in(attack: Attack, desk: Desk, moment: int, place: Place, day: Day, market: Securities) -> None:
    """The trader gave a code away."""
    rng, victim = attack.rng, attack.victims[0]
    with attack.step(desk, "login"):
        session = open_session(desk, victim, moment + 40_000, place, attack.client(victim), rng)
    moment = look_around(attack, desk, session, session.opened + 5000)
    share = rng.uniform(0.2, 0.4) if attack.smaller else rng.uniform(0.7, 0.95)
    if 9 * HOUR < moment - day.start < 14 * HOUR and day.trading:
        moment = sell_holdings(attack, desk, session, moment, market, share, MINUTE)
        moment = buy_thin(attack, desk, session, moment + MINUTE, share, MINUTE)
    else:
        moment = take_money(attack, desk, session, moment, day, share)
    leave(attack, desk, session, moment)
    dispute(attack, desk, moment)
