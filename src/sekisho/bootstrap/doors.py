"""All doors of the house as one list of routes, and what every request passes before them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from sekisho.adapters.storage.watch import ChangeWatcher
from sekisho.bootstrap.house import House
from sekisho.bootstrap.plans import base_url, origin
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.errors import SekishoError
from sekisho.web.broker.door import broker, build_broker
from sekisho.web.broker.openapi import TALKS as BROKER_TALKS
from sekisho.web.http.client_address import TrustedProxies
from sekisho.web.http.closed import WhileClosed
from sekisho.web.http.csrf import Csrf
from sekisho.web.http.errors import Errors
from sekisho.web.http.openapi import openapi_document
from sekisho.web.http.stack import HttpSettings, behind
from sekisho.web.kit.assets import Assets
from sekisho.web.kit.brand import Brand
from sekisho.web.kit.language import chosen_language
from sekisho.web.kit.pages import Pages
from sekisho.web.portal.caller import House as PortalHouse
from sekisho.web.portal.door import TEMPLATES, build_portal
from sekisho.web.workstation.door import build_workstation, workstation
from sekisho.web.workstation.openapi import TALKS as WORKSTATION_TALKS

__all__ = ["Doors"]

_CLOCK_SKEW = timedelta(seconds=1)


class Doors:
    """routes: of every door. `behind` puts an application with them behind the middlewares, which tell `measure` of each answer."""

    def __init__(
        self,
        house: House,
        deps: Dependencies,
        watcher: ChangeWatcher,
        why_closed: Callable[[], str],
        measure: Callable[[str, int, float], None],
    ) -> None:
        settings = house.settings
        brand = Brand(settings.firm.name)
        assets = Assets(brand)
        pages = Pages(brand, assets, {"portal": TEMPLATES})
        self._why_closed = why_closed
        self._errors = Errors(pages.error)
        self._http = HttpSettings(settings.server.hostnames, _proxies(house), measure=measure)
        csrf = Csrf(partial(house.keyring.keyed_hashes, Purpose.CSRF), _origins(house))
        portal = PortalHouse(deps, pages, assets, csrf, base_url(settings))
        document = openapi_document([(workstation(deps), WORKSTATION_TALKS), (broker(deps), BROKER_TALKS)], settings.firm.name)
        self.routes: list[BaseRoute] = [
            *build_workstation(deps),
            *build_portal(portal),
            *build_broker(deps),
            Route(Assets.PATH, assets.serve),
            *_health(house, watcher, why_closed),
            Route("/openapi.json", lambda request: Response(document, media_type="application/json")),
        ]

    def behind(self, app: Starlette) -> ASGIApp:
        for kind, handler in self._errors.handlers().items():
            app.add_exception_handler(kind, handler)
        guarded = WhileClosed(app, self._why_closed, (Assets.PATH.split("{")[0], "/-/health/"))
        return behind(guarded, self._http, self._errors, chosen_language)


def _proxies(house: House) -> TrustedProxies:
    server = house.settings.server
    if not server.trusted_proxies:
        return TrustedProxies()
    return TrustedProxies(server.trusted_proxies, server.client_address_header)


def _origins(house: House) -> frozenset[str]:
    """Where our own pages are: the hosts of the settings with the port as clients see it."""
    return frozenset(origin(house.settings, name) for name in house.settings.server.hostnames)


def _health(house: House, watcher: ChangeWatcher, why_closed: Callable[[], str]) -> list[BaseRoute]:
    async def live(request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(request: Request) -> Response:
        """Whether this node may serve: it hears of changes, its database is the newest copy and answers, its clock is right (R6, R9)."""
        problem = why_closed() or ("changes are not heard" if math.isinf(watcher.confirmed_age) else "")
        problem = problem or await run_in_threadpool(_problem, house)
        return JSONResponse({"status": problem or "ready"}, 503 if problem else 200)

    return [Route("/-/health/live", live), Route("/-/health/ready", ready)]


def _problem(house: House) -> str:
    try:
        skew = abs(house.storage.clock() - house.clock.time())
    except SekishoError:
        return "the database cannot be reached"
    return "the clock differs from the database's" if skew > _CLOCK_SKEW else ""
