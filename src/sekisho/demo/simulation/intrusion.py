"""What attackers do in several kinds of attack: get in, sell and buy, take money out."""

from __future__ import annotations

from sekisho.demo.simulation.attack import Attack
from sekisho.demo.simulation.calendar import HOUR, MINUTE
from sekisho.demo.simulation.carriers import Place
from sekisho.demo.simulation.desk import Desk, event_id
from sekisho.demo.simulation.honest import Day
from sekisho.demo.simulation.paying import change_bank_account, prove, request_withdrawal
from sekisho.demo.simulation.securities import Securities
from sekisho.demo.simulation.sessions import Sitting, end_session, look_at_holdings, open_session, proof_fields, send_code
from sekisho.demo.simulation.traders import Trader
from sekisho.demo.simulation.trading import place_order

__all__ = ["buy_thin", "change_payee", "dispute", "intrude", "leave", "look_around", "sell_holdings", "take_money"]


def intrude(attack: Attack, victim: Trader, desk: Desk, moment: int, place: Place | None = None) -> Sitting:
    """A login with the phished password and the relayed code."""
    rng, where_from = attack.rng, attack.place(victim) if place is None else place
    who = proof_fields(victim, where_from)
    with attack.step(desk, "login"):
        desk.add(moment, "login.password_accepted", who)
        send_code(desk, moment + 250, who, "login")
        session = open_session(desk, victim, moment + rng.randint(8_000, 70_000), where_from, attack.client(victim), rng)
    completed = event_id(desk.drafted - 1)  # the newest is session.seen
    attack.logins.setdefault(victim.number, []).append(completed)
    return session


def look_around(attack: Attack, desk: Desk, session: Sitting, moment: int) -> int:
    """The attacker looks what there is to take."""
    with attack.step(desk, "look"):
        look_at_holdings(desk, session, moment)
    return moment + attack.rng.randint(20, 300) * 1000


def leave(attack: Attack, desk: Desk, session: Sitting, moment: int) -> None:
    with attack.step(desk, "leave"):
        end_session(desk, session, moment + attack.rng.randint(1, 15) * MINUTE, attack.rng)


def sell_holdings(attack: Attack, desk: Desk, session: Sitting, moment: int, market: Securities, share: float, pause: int) -> int:
    """Sells that share of all holdings in 3 to 8 orders; returns the moment of the last. pause: mean ms between two."""
    rng, victim = attack.rng, session.trader
    left, parts = int(victim.holdings * share), rng.randint(3, 8)
    with attack.step(desk, "sell"):
        for part in range(parts):
            moment += int(rng.expovariate(1 / pause)) + 3000
            security = market.draw(victim.taste, rng)
            left -= place_order(desk, session, moment, security, "sell", left // (parts - part), moment, rng, filled=1.0)[1]
            if left <= 0:
                break
    return moment


def buy_thin(attack: Attack, desk: Desk, session: Sitting, moment: int, share: float, pause: int) -> int:
    """Buys the thin stock at any price with that share of the cash, in 2 to 6 orders; returns the moment of the last."""
    rng, victim = attack.rng, session.trader
    budget, parts = int(victim.cash * share), rng.randint(2, 6)
    with attack.step(desk, "buy"):
        for _ in range(parts):
            moment += int(rng.expovariate(1 / pause)) + 3000
            place_order(
                desk, session, moment, attack.symbol, "buy", budget // parts, moment, rng, filled=0.95, limit=rng.uniform(1.05, 1.3)
            )
    return moment


def take_money(attack: Attack, desk: Desk, session: Sitting, moment: int, day: Day, share: float, proven: bool = True) -> int:
    """Withdraws to a payee of the attacker; proven: the code of the step-up is relayed too, else the step-up fails."""
    rng, victim = attack.rng, session.trader
    amount = max(50_000, int(victim.cash * share) // 1000 * 1000)
    with attack.step(desk, "withdraw"):
        if proven:
            moment = prove(desk, session, moment, "withdraw", rng)
        else:
            desk.add(moment, "step_up.refused", session.fields, extra={"reason": "wrong_password", "action": "withdraw"})
            moment += 20_000
        request_withdrawal(desk, session, moment, attack.payee, amount, day.next_opening + rng.randint(0, 2 * HOUR))
    return moment


def change_payee(attack: Attack, desk: Desk, session: Sitting, moment: int) -> int:
    """Another bank account is registered; returns when it is in effect."""
    with attack.step(desk, "change"):
        return change_bank_account(desk, session, moment, attack.payee, attack.rng)


def dispute(attack: Attack, desk: Desk, moment: int) -> None:
    """Three of five victims see the notice and say No within hours. The No itself is no part of the attack."""
    for victim in attack.victims:
        said = moment + attack.rng.randint(2 * HOUR, 20 * HOUR)
        if attack.rng.random() < 0.6:
            for login in attack.logins.get(victim.number, []):
                desk.add(said, "event.disputed", trader=victim.id, account=victim.account, extra={"disputed": login})
