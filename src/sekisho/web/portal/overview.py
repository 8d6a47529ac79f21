"""What a trader sees first: his accounts, his last login, what waits for him; then one account, and his messages (R7, R10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from sekisho.domain.accounts import Right, Role
from sekisho.domain.notifications.message import Firm, Notice
from sekisho.domain.notifications.rendering import render
from sekisho.flows.checkpoint import Action
from sekisho.flows.ports.storage import InboxNotice
from sekisho.flows.see_acting import see_acting
from sekisho.flows.see_portal import mark_message_read, see_messages, see_overview
from sekisho.texts.catalogue import N_, Language, translator
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.interim import quarantine_end

__all__: list[str] = []

ROLES = {
    Role.HOLDER: N_("Holder"),
    Role.VIEWER: N_("Viewer"),
    Role.TRADER: N_("Trader"),
    Role.TREASURER: N_("Treasurer"),
    Role.SECURITY: N_("Security delegate"),
}
RIGHTS = {
    Right.VIEW: N_("view"),
    Right.TRADE: N_("trade"),
    Right.WITHDRAW: N_("withdraw"),
    Right.MANAGE_SECURITY: N_("manage security"),
}
assert set(ROLES) == set(Role) and set(RIGHTS) == set(Right)


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A message of the inbox in the reader's language."""

    id: str
    at: datetime
    subject: str
    body: str
    unread: bool


@portal.get("/", admits=Admission.TRADER, action=Action.SEE_OVERVIEW)
def show_overview(visit: PortalVisit) -> Response:
    caller = visit.caller
    seen = see_overview(caller.session, caller.deps)
    return page(
        caller,
        "overview.html",
        trader=caller.session.trader,
        seen=seen,
        notices=_shown(seen.newest, caller),
        roles=ROLES,
        rights=RIGHTS,
        quarantined_until=quarantine_end(caller),
        lifted=visit.request.query_params.get("done") == "restriction",
    )


@portal.get("/accounts/{account}", admits=Admission.TRADER, action=Action.SEE_ACCOUNT)
def show_account(visit: PortalVisit) -> Response:
    caller = visit.caller
    seen = see_acting(caller.session, visit.part("account"), caller.deps)
    return page(
        caller,
        "account.html",
        trader=caller.session.trader,
        seen=seen.page,
        networks=seen.networks,
        editable=seen.editable,
        acting=seen.acting,
        sees_all=Right.MANAGE_SECURITY in seen.page.own.role.rights,
        roles=ROLES,
        rights=RIGHTS,
    )


@portal.get("/messages", admits=Admission.TRADER, action=Action.SEE_MESSAGES)
def show_messages(visit: PortalVisit) -> Response:
    caller = visit.caller
    return page(caller, "messages.html", notices=_shown(see_messages(caller.session, caller.deps), caller))


@portal.post("/messages/{message}/read", admits=Admission.TRADER, action=Action.READ_MESSAGE)
def read_message(visit: PortalVisit) -> Response:
    visit.form(NoFields)
    mark_message_read(visit.caller.session, visit.part("message"), visit.caller.deps)
    return go("/messages")


@dataclass(frozen=True, slots=True)
class NoFields:
    """A form of one button: any field but the token is refused (R7)."""


def _shown(notices: Iterable[InboxNotice], caller: PortalCaller) -> list[ShownNotice]:
    """Drawn by the same code as what leaves for the phone, so that both say the same and neither holds a link (J09)."""
    policies = caller.deps.policies
    firm = Firm(policies.firm.name, policies.firm.service_phone, policies.portal_host, policies.firm.time_zone)
    say = translator(Language(caller.exchange.language))
    shown = []
    for notice in notices:
        text = render(Notice.kept(notice.kind, notice.at, notice.params), say, firm)
        shown.append(ShownNotice(notice.id, notice.at, text.subject, text.body.reveal(), notice.read is None))
    return shown
