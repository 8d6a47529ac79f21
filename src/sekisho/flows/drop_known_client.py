"""A trader forgets one of his known clients, with a proof made for it; its next login is a stranger's (R3, R4).

The proof is asked for every client, the present one too: a stolen session is one of the owner's own browser, and whoever holds it must
not push the owner out of his lane to where strangers can lock him out.
"""

from __future__ import annotations

from sekisho.domain.authentication.known_client import KnownClient
from sekisho.domain.notifications.safe_text import quotable
from sekisho.flows.checkpoint import Action, refuse_object
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.step_up import spend_proof
from sekisho.kernel.decision import Allowed, Decision, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_, Language, translator
from sekisho.texts.formats import Formats

__all__ = ["drop_known_client", "drop_text", "own_client"]

ACT = N_("forget the device %(device)s, known since %(day)s")
UNNAMED = N_("without a name")


def own_client(live: LiveSession, client: str, deps: Dependencies) -> KnownClient:
    """Raises MISSING when it is not this trader's, audited (R7)."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        found = next((one for one in tx.known_clients.of(live.trader.id, now) if one.id == client), None)
    if found is None:
        refuse_object(live, "known_client", client, deps)
    return found


def drop_text(client: KnownClient, live: LiveSession, deps: Dependencies) -> str:
    """What the proof approves, in the words and the language of the message (J08)."""
    language = Language(live.trader.language)
    say = translator(language).gettext
    day = Formats(language, deps.policies.firm.time_zone).date(client.added)
    return say(ACT) % {"device": quotable(client.program) or say(UNNAMED), "day": day}


def drop_known_client(token: Secret, digits: Secret, live: LiveSession, deps: Dependencies) -> Decision:
    """token, digits: the proof begun by `begin_step_up` with the client's id as its proposal. One gone meanwhile stays gone."""
    now, trader = deps.clock(), live.trader.id
    with deps.storage.transaction() as tx:
        proven = spend_proof(token, digits, Action.DROP_KNOWN_CLIENT, live, now, tx, deps)
        if not isinstance(proven, Refused) and tx.known_clients.drop(trader, proven.proposal):
            facts: dict[str, Fact] = {"client": proven.proposal}
            tx.audit.append(Event(EventKind.KNOWN_CLIENT_DROPPED, actor=trader, trader=trader, facts=facts), now)
    deps.memory.forget_session(live.session.id)  # failed proofs are counted in its row
    return proven if isinstance(proven, Refused) else Allowed()
