"""The broker's trading system in an attack: it asks before it executes, and executes only what was allowed (R13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sekisho.clients.broker import BrokerClient, Decision, Event, Instruction
from sekisho.demo.attacks.story import Story, Who, Why
from sekisho.demo.attacks.watcher import Watcher
from sekisho.kernel.times import utc_now

__all__ = ["Customer", "TradingDesk"]


@dataclass(frozen=True, slots=True)
class Customer:
    """In whose name something is asked. session: of ours, address: from where; None where the broker knows of none."""

    username: str
    account: str
    session: str | None = None
    address: str | None = None


class TradingDesk:
    def __init__(self, client: BrokerClient, watcher: Watcher, story: Story) -> None:
        self._client = client
        self._watcher = watcher
        self._story = story

    def value_holdings(self, customer: Customer, amount: int) -> None:
        self._report("holdings.valued", customer, amount_jpy=amount)

    def ask(self, kind: str, customer: Customer, details: Mapping[str, str | int], who: Who, what: str, **named: object) -> Decision:
        """Asks, tells the story, and executes what was allowed. what: a catalogue text of what is asked."""
        asked = Instruction(
            f"{kind}-{uuid4().hex[:12]}", kind, customer.account, customer.username, details, customer.session, customer.address
        )
        verdict = self._client.instructions.ask(asked)
        shown, reasons = self._watcher.verdict_of(asked.id)
        if not shown:  # the page is behind: what the door said is the verdict
            reasons = tuple(Why(one.code, one.text) for one in verdict.reasons)
        self._story.add(who, what, verdict.decision.value, reasons, **named)
        if verdict.allows and self._client.instructions.claim(verdict.instruction, verdict.hash).may_execute and kind == "order":
            fields = {name: value for name, value in details.items() if name not in ("order_type", "limit_price")}
            self._report("order.executed", customer, **fields)
        return verdict.decision

    def _report(self, kind: str, customer: Customer, **fields: str | int) -> None:
        known: dict[str, Any] = dict(fields)
        event = Event(f"{kind}-{uuid4().hex[:12]}", kind, utc_now(), customer.account, customer.username, **known)
        self._client.events.send_event(event)
