"""The portal's answers: a page in the reader's language, or a redirect to one (POST, then 303)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from starlette.responses import RedirectResponse, Response

from sekisho.flows.dependencies import Dependencies
from sekisho.flows.see_presence import Waiting
from sekisho.kernel.decision import Refused
from sekisho.texts.catalogue import N_, Language
from sekisho.texts.formats import Formats
from sekisho.texts.territories import territory
from sekisho.web.http.cookies import cookie
from sekisho.web.kit.pages import Place, Presence
from sekisho.web.portal.caller import PortalCaller

__all__ = ["entry_page", "formats_of", "go", "page", "refusal_page", "seconds_until", "with_headers"]

Header = tuple[str, str]


def go(path: str, *headers: Header) -> Response:
    """303 to a path of ours; `path` is written here or checked by `kit.language.own_path`, never taken from a request as it is."""
    return with_headers(RedirectResponse(path, 303), *headers)


def with_headers(response: Response, *headers: Header) -> Response:
    for name, value in headers:
        response.headers.append(name, value)
    return response


def page(caller: PortalCaller, template: str, status: int = 200, **context: Any) -> Response:
    """A page of the portal; where a trader is logged in, with the time that is left to him."""
    return caller.house.pages.render(
        f"portal/{template}",
        caller.exchange,
        status=status,
        csrf=caller.csrf_token(),
        presence=_presence(caller) if caller.live else None,
        firm=caller.deps.policies.firm,
        origin=caller.house.origin,
        show=_Show(formats_of(caller)),
        credits=caller.deps.geodata.credits,
        relay_acknowledged=caller.live.trader.relay_acknowledged if caller.live else None,
        **context,
    )


def entry_page(caller: PortalCaller, template: str, status: int = 200, **context: Any) -> Response:
    """A page with a form for somebody who is not known yet: the browser gets the cookie that the form is bound to (R4)."""
    drawn = page(caller, template, status, **context)
    return with_headers(drawn, cookie("gate", caller.gate)) if caller.fresh else drawn


def refusal_page(caller: PortalCaller, refused: Refused) -> Response:
    """The session may not do this yet: what, why, until when, what to do (R4)."""
    return page(caller, "refused.html", 403, until=refused.until)


def formats_of(caller: PortalCaller) -> Formats:
    return Formats(Language(caller.exchange.language), caller.deps.policies.firm.time_zone)


def seconds_until(moment: datetime, deps: Dependencies) -> int:
    """Whole seconds, rounded up; 0 when it has passed."""
    return max(0, -((deps.clock() - moment) // timedelta(seconds=1)))


class _Show:
    """Times and numbers as a template shows them: `show.at(moment)`."""

    def __init__(self, formats: Formats) -> None:
        self.at = formats.date_and_time
        self.date = formats.date
        self.date_before = lambda end: formats.date(end - timedelta(seconds=1))  # the last day of a span that ends at midnight
        self.duration = formats.duration
        self.number = formats.number
        self.territory = partial(territory, language=formats.language)
        self.zone = formats.zone

    def day(self, day: date) -> str:
        return self.date(datetime.combine(day, time(12), tzinfo=self.zone).astimezone(UTC))

    def minutes(self, count: int) -> str:
        return self.duration(timedelta(minutes=count))


def _presence(caller: PortalCaller) -> Presence:
    over_at = caller.session.session.over_at
    needed = caller.session.trader.password_change_needed
    return Presence(
        seconds_left=seconds_until(over_at, caller.deps),
        ends_at=formats_of(caller).time(over_at),
        places=() if needed else _places(caller.waiting),
        current=_place_of(caller.exchange.route),
        warn_at=int(caller.deps.policies.sessions.warn_before.total_seconds()),
        log_off="/logoff",
        logged_off="/logged-off",
    )


def _places(waiting: Waiting) -> tuple[Place, ...]:
    return (
        Place(N_("Overview"), "/"),
        Place(N_("Instructions"), "/instructions", waiting.instructions),
        Place(N_("Messages"), "/messages", waiting.messages),
        Place(N_("Security"), "/security"),
    )


def _place_of(route: str) -> str:
    """Which of the places in the menu a page belongs to."""
    if route.startswith("/security"):
        return "/security"
    if route.startswith("/messages"):
        return "/messages"
    if route.startswith("/instructions"):
        return "/instructions"
    return "/" if route.startswith("/accounts") else route
