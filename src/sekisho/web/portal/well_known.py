"""Addresses that programs look for: where to change a password, whom to tell of a weakness, what not to index."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import PlainTextResponse, Response

from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go
from sekisho.web.portal.caller import PortalVisit
from sekisho.web.portal.declared import portal

__all__: list[str] = []

FRESH_FOR = timedelta(days=180)  # RFC 9116 §2.5.5: less than a year


@portal.get("/.well-known/change-password", admits=Admission.ANYONE)
def show_change_password(visit: PortalVisit) -> Response:
    """W3C, A Well-Known URL for Changing Passwords: password managers lead here."""
    return go("/security/password")


@portal.get("/.well-known/security.txt", admits=Admission.ANYONE)
def show_security_txt(visit: PortalVisit) -> Response:
    """RFC 9116."""
    house = visit.caller.house
    expires = (house.deps.clock() + FRESH_FOR).replace(microsecond=0, second=0, minute=0, hour=0)
    lines = (
        f"Contact: {house.origin}/help/report",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(house.deps.policies.firm.languages)}",
        f"Canonical: {house.origin}/.well-known/security.txt",
    )
    return PlainTextResponse("\n".join(lines) + "\n")


@portal.get("/robots.txt", admits=Admission.ANYONE)
def show_robots(visit: PortalVisit) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


@portal.get("/favicon.ico", admits=Admission.ANYONE)
def show_favicon(visit: PortalVisit) -> Response:
    return go(visit.caller.house.assets.url("favicon.svg"))
