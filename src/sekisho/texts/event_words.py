"""Kinds of events as people call them."""

from __future__ import annotations

from typing import Final

from sekisho.texts.catalogue import N_

__all__ = ["EVENT_WORDS"]

EVENT_WORDS: Final[dict[str, str]] = {
    "login.refused": N_("Login refused"),
    "login.password_accepted": N_("Password accepted"),
    "login.completed": N_("Login completed"),
    "login.restricted": N_("Login restricted"),
    "code.sent": N_("Code sent"),
    "code.withheld": N_("Code withheld"),
    "session.seen": N_("Session seen elsewhere"),
    "session.refused": N_("Session refused"),
    "session.ended": N_("Session ended"),
    "password.changed": N_("Password changed"),
    "contact.changed": N_("Contact data changed"),
    "address_list.changed": N_("List of networks changed"),
    "known_client.dropped": N_("Known device dropped"),
    "authenticator.disabled": N_("Means of login disabled"),
    "trader.reset": N_("Trader reset"),
    "trader.unlocked": N_("Login unlocked"),
    "trader.activated": N_("Trader activated"),
    "step_up.completed": N_("Further proof given"),
    "step_up.refused": N_("Further proof failed"),
    "object.refused": N_("Access refused"),
    "instruction.confirmed": N_("Instruction confirmed"),
    "event.disputed": N_("Event disputed by the customer"),
    "withdrawal.requested": N_("Withdrawal requested"),
    "withdrawal.executed": N_("Withdrawal carried out"),
    "bank_account.change_requested": N_("Change of bank account requested"),
    "bank_account.changed": N_("Bank account changed"),
    "order.placed": N_("Order placed"),
    "order.executed": N_("Order executed"),
    "order.cancelled": N_("Order cancelled"),
    "position.liquidated": N_("Position liquidated"),
    "holdings.valued": N_("Holdings valued"),
    "deposit.received": N_("Deposit received"),
    "statement.opened": N_("Statement opened"),
    "platform_session.opened": N_("Session of a platform opened"),
    "staff.account_opened": N_("Account opened by staff"),
}
