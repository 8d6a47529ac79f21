"""`/demo/monitoring`: events, verdicts and reasons as they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.responses import Response

from sekisho.bootstrap.house import House
from sekisho.demo.monitoring.explaining import told_of
from sekisho.demo.monitoring.shown import Shown, Teller
from sekisho.demo.monitoring.watch import Watch
from sekisho.kernel.errors import missing
from sekisho.texts.catalogue import Language
from sekisho.web.http.exchange import Exchange
from sekisho.web.http.routes import Admission, Door, Visit

__all__ = ["Draw", "monitoring_routes"]

DemoVisit = Visit[Exchange]
Draw = Callable[..., Response]
_SHOWN = 60
_AT_ONCE = 200


class News(msgspec.Struct):
    """last: number of the newest event, to ask from next time. events: newest first."""

    last: int
    events: list[Shown]


def monitoring_routes(door: Door, house: House, draw: Draw) -> None:
    """draw: a page of the demo's, from exchange, template and context."""
    watch, people = Watch(house), dict[str, str]()

    def teller(visit: DemoVisit) -> Teller:
        return Teller(Language(visit.caller.language), house, people)

    def news(visit: DemoVisit, after: int, most: int) -> News:
        last, found = watch.news(after, _asks_stern(visit), most)
        say = teller(visit)
        return News(last, [say.shown(seen) for seen in found])

    @door.get("/demo/monitoring", admits=Admission.ANYONE)
    def show_monitoring(visit: DemoVisit) -> Response:
        """The newest events, or the newest of those that were challenged, held or refused."""
        found = news(visit, 0, _SHOWN)
        return draw(visit.caller, "monitoring.html", rows=found.events, last=found.last, stern=_asks_stern(visit))

    @door.get("/demo/monitoring/events", admits=Admission.ANYONE)
    def show_events(visit: DemoVisit) -> Response:
        """What came after the `after`th event, for the page's script and for `sekisho demo attack`."""
        asked: str = visit.request.query_params.get("after", "")
        after = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else 0
        return Response(msgspec.json.encode(news(visit, after, _AT_ONCE)), media_type="application/json")

    @door.get("/demo/monitoring/{sequence}", admits=Admission.ANYONE)
    def show_verdict(visit: DemoVisit) -> Response:
        """One verdict in words."""
        part = visit.part("sequence")
        seen = watch.one(int(part)) if part.isascii() and part.isdigit() and len(part) < 18 else None
        if seen is None:
            raise missing("event")
        say = teller(visit)
        context: dict[str, Any] = {"one": say.shown(seen), "told": told_of(seen, house, say.formats), "rules": seen.row.rules}
        return draw(visit.caller, "verdict.html", **context)


def _asks_stern(visit: DemoVisit) -> bool:
    return bool(visit.request.query_params.get("only", "") == "stern")
