"""`/v1/broker`: the broker's systems add accounts and traders, and keep mandates and lists of networks (DESIGN §6, R5, R16).

Each route calls the flow that the command line calls; the actor is `key:NAME`.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from sekisho.domain.accounts import Mandate, Role
from sekisho.flows.add_account import NewTrader, add_account, add_trader, grant_mandate
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.see_account import AccountCard, end_mandate_of, see_account
from sekisho.flows.staff_addresses import Target
from sekisho.texts.catalogue import N_
from sekisho.web.broker import documents as d
from sekisho.web.broker.answers import BrokerVisit, answered, answered_once, quietly
from sekisho.web.broker.events import event_routes, instruction_routes
from sekisho.web.broker.gate import BrokerGate
from sekisho.web.broker.lists import cancelled_list, changed_list, shown_list
from sekisho.web.http.body import LARGEST_BATCH
from sekisho.web.http.faults import refused_fields
from sekisho.web.http.routes import Admission, Door, Reads

__all__ = ["broker", "build_broker"]

_ENDED = "asked for by the broker's system"


def broker(deps: Dependencies) -> Door:
    """The door with all its routes declared."""
    door = Door("broker", reads=Reads.JSON, largest=LARGEST_BATCH)
    _account_routes(door, deps)
    _account_list_routes(door, deps)
    _trader_routes(door, deps)
    _trader_list_routes(door, deps)
    event_routes(door, deps)
    instruction_routes(door, deps)
    return door


def build_broker(deps: Dependencies) -> list[Route]:
    return broker(deps).routes(BrokerGate(deps))


def _account_routes(door: Door, deps: Dependencies) -> None:
    @door.post("/v1/broker/accounts", admits=Admission.BROKER, action="accounts")
    def add_broker_account(visit: BrokerVisit) -> Response:
        """Add an account."""
        asked = visit.json(d.NewAccount)

        def act(joined: Dependencies) -> d.BrokerAccount:
            return _account(AccountCard(add_account(asked.number, asked.title, visit.caller.actor, joined), []))

        return answered_once(visit, 201, act, deps)

    @door.get("/v1/broker/accounts/{number}", admits=Admission.BROKER, action="accounts")
    def show_broker_account(visit: BrokerVisit) -> Response:
        """One account with its mandates."""
        with quietly():
            return answered(_account(see_account(visit.part("number"), deps)))


def _account_list_routes(door: Door, deps: Dependencies) -> None:
    @door.get("/v1/broker/accounts/{number}/networks", admits=Admission.BROKER, action="accounts")
    def show_account_list(visit: BrokerVisit) -> Response:
        """The account's list of allowed networks."""
        return shown_list(Target(account=visit.part("number")), deps)

    @door.post("/v1/broker/accounts/{number}/networks", admits=Admission.BROKER, action="accounts")
    def change_account_list(visit: BrokerVisit) -> Response:
        """Replace the account's list; what it newly allows waits for the delay."""
        return changed_list(Target(account=visit.part("number")), visit, deps)

    @door.post("/v1/broker/accounts/{number}/networks/cancellation", admits=Admission.BROKER, action="accounts")
    def cancel_account_list(visit: BrokerVisit) -> Response:
        """Drop the change of the account's list that waits."""
        return cancelled_list(Target(account=visit.part("number")), visit, deps)


def _trader_routes(door: Door, deps: Dependencies) -> None:
    @door.post("/v1/broker/traders", admits=Admission.BROKER, action="traders")
    def add_broker_trader(visit: BrokerVisit) -> Response:
        """Add a trader, and get his activation code."""
        asked = visit.json(d.NewTraderRequest)
        roles = {one.number: Role(one.role) for one in asked.accounts}
        if len(roles) < len(asked.accounts):
            raise refused_fields({"accounts": N_("An account stands here twice.")}, "accounts")
        new = NewTrader(asked.username, asked.name, asked.phone, asked.language, roles, asked.email)

        def act(joined: Dependencies) -> d.TraderEnrolled:
            added = add_trader(new, visit.caller.actor, joined)
            return d.TraderEnrolled(added.trader.id, added.trader.username, added.activation_code.reveal(), added.expires)

        return answered_once(visit, 201, act, deps)

    @door.post("/v1/broker/traders/{username}/mandates", admits=Admission.BROKER, action="traders")
    def grant_broker_mandate(visit: BrokerVisit) -> Response:
        """Give a trader a mandate on an account."""
        asked, username = visit.json(d.MandateRequest), visit.part("username")

        def act(joined: Dependencies) -> d.BrokerMandate:
            return _mandate(grant_mandate(asked.number, username, Role(asked.role), visit.caller.actor, joined), username.lower())

        return answered_once(visit, 201, act, deps)

    @door.delete("/v1/broker/traders/{username}/mandates/{mandate}", admits=Admission.BROKER, action="traders")
    def end_broker_mandate(visit: BrokerVisit) -> Response:
        """End a mandate at once."""
        with quietly():
            end_mandate_of(visit.part("username"), visit.part("mandate"), _ENDED, visit.caller.actor, deps)
        return Response(status_code=204)


def _trader_list_routes(door: Door, deps: Dependencies) -> None:
    @door.get("/v1/broker/traders/{username}/networks", admits=Admission.BROKER, action="traders")
    def show_trader_list(visit: BrokerVisit) -> Response:
        """The trader's list of allowed networks."""
        return shown_list(Target(trader=visit.part("username")), deps)

    @door.post("/v1/broker/traders/{username}/networks", admits=Admission.BROKER, action="traders")
    def change_trader_list(visit: BrokerVisit) -> Response:
        """Replace a delegate's list; never a holder's own, which is his alone (R5)."""
        return changed_list(Target(trader=visit.part("username")), visit, deps)

    @door.post("/v1/broker/traders/{username}/networks/cancellation", admits=Admission.BROKER, action="traders")
    def cancel_trader_list(visit: BrokerVisit) -> Response:
        """Drop the change of a delegate's list that waits."""
        return cancelled_list(Target(trader=visit.part("username")), visit, deps)


def _account(card: AccountCard) -> d.BrokerAccount:
    account = card.account
    mandates = [_mandate(mandate, trader.username) for mandate, trader in card.mandates]
    return d.BrokerAccount(account.id, account.number, account.title, account.opened, sorted(account.frozen), mandates)


def _mandate(mandate: Mandate, username: str) -> d.BrokerMandate:
    return d.BrokerMandate(mandate.id, username, mandate.role.value, mandate.since, mandate.until)
