"""Events and verdicts as the demo's page says them, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sekisho.bootstrap.house import House
from sekisho.demo.monitoring.watch import Seen
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.ports.geodata import Geodata
from sekisho.flows.screen_instruction import GATE_REASONS
from sekisho.kernel.addresses import parse_address
from sekisho.kernel.times import from_ms
from sekisho.texts.catalogue import N_, Language, translator
from sekisho.texts.event_words import EVENT_WORDS
from sekisho.texts.formats import Formats
from sekisho.texts.monitoring_words import VALUES
from sekisho.texts.territories import territory

__all__ = ["Reason", "Shown", "Teller"]

VERDICTS = {
    Verdict.ALLOW: ("good", N_("let pass")),
    Verdict.CHALLENGE: ("wait", N_("challenged")),
    Verdict.HOLD: ("care", N_("held")),
    Verdict.REFUSE: ("bad", N_("refused")),
}

_STERN = ("", *Verdict)


class Reason(msgspec.Struct, frozen=True):
    code: str
    text: str


class Shown(msgspec.Struct, frozen=True):
    """One event in words. event: its id. tone: of the tag. what, who, place: empty where nothing is known."""

    sequence: int
    event: str
    kind: str
    at: str
    exact: str
    title: str
    what: str
    who: str
    place: str
    verdict: str
    tone: str
    verdict_text: str
    reasons: list[Reason]
    session: str = ""


class Teller:
    """In one language. people: name and accounts' numbers by their ids, looked up once."""

    def __init__(self, language: Language, house: House, people: dict[str, str]) -> None:
        self.formats = Formats(language, house.settings.firm.time_zone)
        self._words = translator(language)
        self._house = house
        self._people = people

    def shown(self, seen: Seen) -> Shown:
        event, moment = seen.event, from_ms(seen.event.own_time)
        tone, text = VERDICTS[seen.verdict]
        return Shown(
            sequence=event.sequence,
            event=event.id.partition(":")[2] or event.id,
            kind=event.kind,
            at=f"{moment.astimezone(self.formats.zone):%H:%M:%S}",
            exact=self.formats.exact(moment),
            title=self._words.text(EVENT_WORDS[event.kind]),
            what=self._what(event),
            who=self._who(event),
            place=self._place(event, self._house.geodata),
            verdict=seen.verdict.value,
            tone=tone,
            verdict_text=self._words.text(text),
            reasons=self.reasons(seen),
            session=event.session or "",
        )

    def reasons(self, seen: Seen) -> list[Reason]:
        """What the rules said as they were worded then, the sternest first, and what the gate says."""
        japanese = self.formats.language is Language.JA
        sternest = sorted(seen.reasons, key=lambda one: -_STERN.index(one.verdict))
        told = [Reason(one.code, one.ja if japanese else one.en) for one in sternest]
        return told + [Reason(code, self._words.text(GATE_REASONS[code])) for code in seen.gate if code in GATE_REASONS]

    def _what(self, event: MonitoredEvent) -> str:
        amount = "" if event.amount_jpy is None else self.formats.money(event.amount_jpy, "JPY")
        if event.side and event.symbol and event.liquidity:
            names: Mapping[str, Any] = {
                "side": self._words.text(VALUES[event.side]),
                "quantity": self.formats.number(event.quantity or 0),
                "symbol": event.symbol,
                "liquidity": self._words.text(VALUES[event.liquidity]),
                "amount": amount,
            }
            return self._words.text(N_("%(side)s %(quantity)s of %(symbol)s (%(liquidity)s), %(amount)s"), **names)
        return amount or event.symbol or ""

    def _who(self, event: MonitoredEvent) -> str:
        names = [self._named(id_) for id_ in (event.trader, event.account) if id_]
        return " · ".join(dict.fromkeys(name for name in names if name))

    def _named(self, id_: str) -> str:
        if id_ not in self._people:
            with self._house.storage.reading() as tx:
                if id_.startswith("trd_"):
                    record = tx.traders.get(id_)
                    self._people[id_] = record.trader.username if record else ""
                else:
                    account = tx.accounts.get(id_)
                    self._people[id_] = account.number if account else ""
        return self._people[id_]

    def _place(self, event: MonitoredEvent, geodata: Geodata) -> str:
        """Country and operator of its address, and the address itself."""
        if event.address is None:
            return ""
        country = territory(event.country or "", self.formats.language)
        operator = geodata.look(parse_address(event.address)).network or _operator(event.asn)
        return " · ".join(part for part in (country, operator, event.address) if part)


def _operator(asn: str | None) -> str:
    """Not what stands for an operator that no table knows."""
    return asn if asn is not None and asn.startswith("AS") else ""
