"""Pages that help, alike for everybody: what to do when the login does not go as it should (R11, R16, J07)."""

from __future__ import annotations

from starlette.responses import Response

from sekisho.flows.send_code import code_step
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import page
from sekisho.web.portal.caller import PortalVisit
from sekisho.web.portal.declared import portal

__all__: list[str] = []


@portal.get("/forgot", admits=Admission.ANYONE)
def show_forgot(visit: PortalVisit) -> Response:
    """The same for every name: nothing is asked, so nothing is told (R16)."""
    return page(visit.caller, "forgot.html")


@portal.get("/help/restricted", admits=Admission.ANYONE)
def show_restricted(visit: PortalVisit) -> Response:
    policy = visit.caller.deps.policies.lockout
    return page(visit.caller, "restricted.html", policy=policy)


@portal.get("/help/no-code", admits=Admission.ANYONE)
def show_no_code(visit: PortalVisit) -> Response:
    """Whoever is waiting for a code in this browser is told whether the gateway has not taken it yet."""
    caller = visit.caller
    step = None if caller.fresh else code_step(caller.gate, caller.deps)
    return page(caller, "no_code.html", step=step)


@portal.get("/help/report", admits=Admission.ANYONE)
def show_report(visit: PortalVisit) -> Response:
    """Where `security.txt` leads: how to tell us of a weakness (RFC 9116)."""
    return page(visit.caller, "report.html")


@portal.get("/where", admits=Admission.ANYONE)
def show_where(visit: PortalVisit) -> Response:
    """The address and place that we see: what lists of allowed networks go by, and what stands in the login history (R5)."""
    caller = visit.caller
    data = caller.deps.geodata
    return page(
        caller,
        "where.html",
        address=caller.caller.address,
        place=data.look(caller.caller.address),
        built=data.built,
        program=caller.caller.program,
    )


@portal.get("/compromised", admits=Admission.ANYONE)
def show_compromised(visit: PortalVisit) -> Response:
    return page(visit.caller, "compromised.html")
