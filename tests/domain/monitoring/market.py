"""A few people and what they do, fed to a real engine with the shipped rules."""

from __future__ import annotations

from typing import Any

from sekisho.adapters.engines.engine import Engine
from sekisho.domain.monitoring.event import FIELDS, KINDS, MonitoredEvent
from sekisho.domain.monitoring.explanation import Explained, explain
from sekisho.domain.monitoring.judgement import Judgement, compile_rules
from sekisho.domain.monitoring.listing import Lists, Member
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.shipped import shipped_book
from sekisho.kernel.times import from_ms

__all__ = ["ABROAD", "HOME", "STRANGE", "Market", "listed"]

MINUTE = 60_000
DAY = 1_440 * MINUTE
START = 1_764_000_000_000

Place = dict[str, Any]
HOME: Place = {"device": "phone", "network": "203.0.113.0/24", "asn": "AS2516", "country": "JP"}
STRANGE: Place = {"device": "strange", "network": "198.51.100.0/24", "asn": "AS64500", "country": "JP"}
ABROAD: Place = STRANGE | {"country": "BR"}


def listed(name: str, member: str, since: int = 0, until: int | None = None) -> Member:
    """since, until: ms."""
    return Member(name, member, None if until is None else from_ms(until), "the desk knows why", "os:ana", from_ms(since))


class Market:
    """Time stands at `now` and is moved by hand; each event is fed and judged as it comes."""

    def __init__(self, *members: Member) -> None:
        self.now = START
        self._engine = Engine(shipped_book().features, MonitoringPolicy())
        self._rules = compile_rules(shipped_book(), MonitoringPolicy())
        self._lists = Lists(members)
        self.sequence = 0
        self.explained: tuple[Explained, ...] = ()

    def later(self, minutes: float = 0, days: float = 0) -> Market:
        self.now += int(minutes * MINUTE + days * DAY)
        return self

    def add(self, kind: str, **fields: Any) -> Judgement:
        """An event at this moment; fields that are no columns are its extra ones."""
        self.sequence += 1
        extra = {name: value for name, value in fields.items() if name not in FIELDS}
        assert set(extra) <= set(KINDS[kind].extra), f"{kind} has no field of {sorted(extra)}"
        columns = {name: value for name, value in fields.items() if name in FIELDS}
        event = MonitoredEvent(
            id=f"e{self.sequence}", kind=kind, own_time=self.now, at=self.now, sequence=self.sequence, hour=9, weekday=0,
            extra=extra or None, **columns,
        )  # fmt: skip
        assert all(event.value(need) is not None for need in KINDS[kind].needs), f"{kind} needs {sorted(KINDS[kind].needs)}"
        row = self._engine.feed(event)
        judgement = self._rules.judge(event, row, self._lists)
        assert judgement.broken == ()
        self.explained = explain(shipped_book(), event, row, self._lists)
        return judgement

    def fired(self, kind: str, **fields: Any) -> set[str]:
        return {reason.rule for reason in self.add(kind, **fields).reasons}

    def log_in(self, trader: str = "t1", where: Place = HOME, known: bool = True, **more: Any) -> Judgement:
        return self.add(
            "login.completed", trader=trader, session=f"s_{trader}", channel="portal", known_client=known, **{**where, **more}
        )  # fmt: skip

    def settle(self, *traders: str) -> Market:
        """Habits: three logins at home, thirty, twenty and ten days ago, and holdings of a million yen."""
        for _ in range(3):
            for trader in traders:
                self.log_in(trader)
            self.later(days=10)
        for trader in traders:
            self.add("holdings.valued", account=f"a_{trader}", amount_jpy=1_000_000)
        return self

    def order(self, trader: str = "t1", side: str = "buy", liquidity: str = "thin", amount: int = 900_000, **fields: Any) -> set[str]:
        where = fields.pop("where", HOME)
        values = {"symbol": "9999", "quantity": 100, "amount_jpy": amount, "liquidity": liquidity, "side": side, "session": f"s_{trader}"}
        return self.fired("order.placed", account=f"a_{trader}", trader=trader, **{**values, **where, **fields})

    def sell(self, share: float, trader: str = "t1", where: Place = HOME, **fields: Any) -> set[str]:
        return self.order(trader, "sell", "liquid", int(share * 1_000_000), where=where, **fields)

    def withdraw(self, trader: str = "t1", payee: str = "p_new", where: Place = HOME, **fields: Any) -> set[str]:
        money = {"amount": 500_000, "currency": "JPY", "amount_jpy": 500_000, "payee": payee, "session": f"s_{trader}"}
        return self.fired("withdrawal.requested", account=f"a_{trader}", trader=trader, **{**money, **where, **fields})

    def pay(self, trader: str = "t1", payee: str = "p_old") -> None:
        self.add("withdrawal.executed", account=f"a_{trader}", trader=trader, amount=1, currency="JPY", amount_jpy=1, payee=payee)
