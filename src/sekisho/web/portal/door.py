"""The portal's door: all its routes, and what is served of them."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import Route

from sekisho.flows.checkpoint import Action
from sekisho.web.http.routes import Admission
from sekisho.web.portal import (  # noqa: F401 - they declare
    activation,
    change_password,
    contacts,
    help,
    history,
    instructions,
    known_clients,
    login,
    messages,
    networks,
    overview,
    own_sessions,
    preferences,
    security,
    session,
    well_known,
)
from sekisho.web.portal.caller import House
from sekisho.web.portal.declared import portal
from sekisho.web.portal.gate import PortalGate

__all__ = ["TEMPLATES", "House", "build_portal", "portal"]

TEMPLATES = Path(__file__).parent / "templates"


def build_portal(house: House) -> list[Route]:
    """The routes behind their gate. A route for traders without an action of the checkpoint is an error at start (R7)."""
    for route in portal.declared:
        if route.admits is Admission.TRADER:
            Action(str(route.action))
    return portal.routes(PortalGate(house))
