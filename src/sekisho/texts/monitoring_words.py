"""Words of events and verdicts, as explanations use them: fields, values, relations."""

from __future__ import annotations

from typing import Final

from sekisho.domain.monitoring.verdict import Verdict
from sekisho.texts.catalogue import N_

__all__ = ["FIELDS", "HEADS", "LISTED", "RELATIONS", "VALUES", "VERDICTS"]

VERDICTS: Final[dict[Verdict, str]] = {
    Verdict.ALLOW: N_("allow"),
    Verdict.CHALLENGE: N_("ask for further proof"),
    Verdict.HOLD: N_("hold"),
    Verdict.REFUSE: N_("refuse"),
}

FIELDS: Final[dict[str, str]] = {
    "id": N_("event"),
    "kind": N_("kind of event"),
    "own_time": N_("own time of the event"),
    "at": N_("time of the event"),
    "sequence": N_("number of the event"),
    "account": N_("account"),
    "trader": N_("trader"),
    "device": N_("device"),
    "session": N_("session"),
    "channel": N_("channel"),
    "address": N_("address"),
    "network": N_("network"),
    "asn": N_("network operator"),
    "country": N_("country"),
    "amount": N_("amount in minor units"),
    "currency": N_("currency"),
    "amount_jpy": N_("amount"),
    "symbol": N_("stock"),
    "liquidity": N_("liquidity of the stock"),
    "side": N_("side"),
    "quantity": N_("quantity"),
    "payee": N_("payee"),
    "hour": N_("hour of the day"),
    "weekday": N_("day of the week (Monday is 0)"),
    "lateness": N_("delay of the report"),
    "known_client": N_("known client"),
    "reason": N_("reason of the refusal"),
    "step": N_("step of the login"),
    "methods": N_("means of login"),
    "purpose": N_("purpose of the code"),
    "contact_kind": N_("kind of contact data"),
    "order_type": N_("type of order"),
    "limit_price": N_("limit price"),
    "payee_kind": N_("kind of payee"),
}

VALUES: Final[dict[str, str]] = {
    "buy": N_("buy"),
    "sell": N_("sell"),
    "liquid": N_("liquid"),
    "normal": N_("normal"),
    "thin": N_("thin"),
}

HEADS: Final[dict[tuple[str, bool], str]] = {
    ("and", True): N_("All of these hold:"),
    ("and", False): N_("Not all of these hold:"),
    ("or", True): N_("At least one of these holds:"),
    ("or", False): N_("None of these holds:"),
}

RELATIONS: Final[dict[str, str]] = {
    "==": N_("%(left)s is %(value)s, the same as %(right)s"),
    "!=": N_("%(left)s is %(value)s, not %(right)s"),
    "<": N_("%(left)s is %(value)s, less than %(right)s"),
    "<=": N_("%(left)s is %(value)s, at most %(right)s"),
    ">": N_("%(left)s is %(value)s, more than %(right)s"),
    ">=": N_("%(left)s is %(value)s, at least %(right)s"),
}

LISTED: Final[dict[bool, str]] = {
    True: N_("%(left)s is %(value)s, which the list %(right)s has"),
    False: N_("%(left)s is %(value)s, which the list %(right)s does not have"),
}
