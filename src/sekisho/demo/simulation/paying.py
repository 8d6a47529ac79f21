"""Withdrawals, bank accounts, contact data, statements: what else people do on an account."""

from __future__ import annotations

from random import Random

from sekisho.demo.simulation.calendar import HOUR, MINUTE
from sekisho.demo.simulation.desk import Desk
from sekisho.demo.simulation.plan import Noise
from sekisho.demo.simulation.sessions import Sitting, send_code

__all__ = ["change_bank_account", "do_paperwork", "prove", "request_withdrawal", "withdraw"]

_SHARED_PAYEES = 8  # firms that many customers pay: a tax office, another broker, a builder of houses


def prove(desk: Desk, session: Sitting, moment: int, action: str, rng: Random) -> int:
    """A step-up made for one action (R4); returns when it is done."""
    send_code(desk, moment, session.fields, "step_up")
    moment += rng.randint(10, 60) * 1000
    desk.add(moment, "step_up.completed", session.fields, extra={"action": action})
    return moment + 1500


def withdraw(desk: Desk, session: Sitting, moment: int, next_opening: int, noise: Noise, rng: Random, share: float | None = None) -> int:
    """An honest withdrawal, now and then to a payee that is new to the account; returns when it was requested.

    share: of the cash; otherwise what people usually take.
    """
    trader = session.trader
    amount = int(trader.cash * (rng.choice((0.1, 0.2, 0.3, 0.5, 1.0)) if share is None else share)) // 1000 * 1000
    if amount < 10_000:
        return moment
    payee = rng.choice(trader.payees)
    if rng.random() < noise.new_payee:
        payee = trader.new_payee()
        trader.payees.append(payee)
        if rng.random() < 0.5:
            moment = change_bank_account(desk, session, moment, payee, rng) + rng.randint(1, 20) * MINUTE
    elif rng.random() < 0.003:
        payee = f"pay_shared_{rng.randint(1, _SHARED_PAYEES)}"
    moment = prove(desk, session, moment, "withdraw", rng)
    request_withdrawal(desk, session, moment, payee, amount, next_opening + rng.randint(0, 2 * HOUR))
    return moment


def request_withdrawal(desk: Desk, session: Sitting, moment: int, payee: str, amount: int, executed: int) -> str:
    """Drafts the request and its execution on a bank's day; returns the request's id."""
    trader = session.trader
    money = {"amount": amount, "currency": "JPY", "amount_jpy": amount, "payee": payee}
    requested = desk.add(moment, "withdrawal.requested", session.acting, money, extra={"payee_kind": "bank"})
    desk.add(executed, "withdrawal.executed", money, account=trader.account, trader=trader.id)
    trader.cash = max(0, trader.cash - amount)
    return requested


def change_bank_account(desk: Desk, session: Sitting, moment: int, payee: str, rng: Random) -> int:
    """Proven, requested, and in effect a minute later; returns when."""
    moment = prove(desk, session, moment, "change_bank_account", rng)
    desk.add(moment, "bank_account.change_requested", session.acting, payee=payee)
    desk.add(moment + MINUTE, "bank_account.changed", session.acting, payee=payee)
    return moment + MINUTE


def do_paperwork(desk: Desk, session: Sitting, moment: int, rng: Random) -> int:
    """Now and then: a statement, a new password, other contact data, another bank account, money in."""
    chance, trader = rng.random(), session.trader
    if chance < 0.03:
        desk.add(moment, "statement.opened", session.acting, extra={"statement": f"st_{trader.number}_{rng.randint(1, 24)}"})
    elif chance < 0.032:
        desk.add(moment, "password.changed", session.fields)
    elif chance < 0.0335:
        moment = prove(desk, session, moment, "change_contact", rng)
        desk.add(moment, "contact.changed", session.fields, extra={"contact_kind": rng.choice(("email", "phone"))})
    elif chance < 0.0345:
        trader.payees.append(trader.new_payee())
        moment = change_bank_account(desk, session, moment, trader.payees[-1], rng)
    elif chance < 0.06:
        amount = int(trader.order_size * rng.uniform(0.5, 4)) // 1000 * 1000 + 1000
        moment += rng.randint(1, 120) * MINUTE
        desk.add(moment, "deposit.received", account=trader.account, amount=amount, currency="JPY", amount_jpy=amount)
        trader.cash += amount
    return moment
