"""What an endpoint of the portal gets: who calls, with what, and what the house works with."""

from __future__ import annotations

from dataclasses import dataclass, field

from sekisho.flows.caller import Caller
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.see_presence import NOTHING_WAITS, Waiting
from sekisho.kernel.secrets import Secret
from sekisho.web.http.csrf import Csrf
from sekisho.web.http.exchange import Exchange
from sekisho.web.http.routes import Visit
from sekisho.web.http.tally import FirstInAnHour
from sekisho.web.kit.assets import Assets
from sekisho.web.kit.pages import Pages

__all__ = ["House", "PortalCaller", "PortalVisit"]


@dataclass(frozen=True, slots=True)
class House:
    """What the endpoints work with. origin: the portal's own, such as `https://portal.example:8443`, from settings, never from Host.

    worth_telling: which refused activation codes are written into the audit log.
    """

    deps: Dependencies
    pages: Pages
    assets: Assets
    csrf: Csrf
    origin: str
    worth_telling: FirstInAnHour = field(default_factory=FirstInAnHour)


@dataclass(frozen=True, slots=True)
class PortalCaller:
    """gate: the value of the cookie `__Host-gate`, which is the token of a ceremony once one has begun (R4); fresh: made just now,
    the browser does not hold it yet. session_token: of the session cookie, alive or not. live: on routes that admit traders only.
    """

    house: House
    exchange: Exchange
    caller: Caller
    gate: Secret
    fresh: bool
    session_token: Secret | None = None
    live: LiveSession | None = None
    waiting: Waiting = NOTHING_WAITS

    @property
    def deps(self) -> Dependencies:
        return self.house.deps

    @property
    def session(self) -> LiveSession:
        assert self.live is not None  # the gate admits nobody without one to a TRADER route
        return self.live

    def csrf_token(self) -> str:
        """For a form on this page: bound to the session, before login to the ceremony's cookie."""
        bound = self.session_token if self.live is not None and self.session_token is not None else self.gate
        return self.house.csrf.token(bound)


PortalVisit = Visit[PortalCaller]
