"""What a trader does to his other sessions and his known clients, as the pages do it; with the house of these tests."""

from __future__ import annotations

import asyncio

from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.checkpoint import Action
from sekisho.flows.drop_known_client import drop_known_client, drop_text, own_client
from sekisho.flows.log_off import end_one_session
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.step_up import begin_step_up
from sekisho.kernel.decision import Refused
from sekisho.kernel.secrets import Secret
from tests.flows.house import PASSWORD, House, caller

__all__ = ["drop_client", "end_one", "prove_for_client"]


def end_one(house: House, live: LiveSession, session: str, password: str = PASSWORD) -> int | Refused:
    return asyncio.run(end_one_session(session, Secret(password), live, caller(), house.deps))


def prove_for_client(house: House, live: LiveSession, client: str, password: str = PASSWORD) -> Begun | Refused:
    """First half of the proof that a known client is forgotten."""
    text = drop_text(own_client(live, client, house.deps), live, house.deps)
    return asyncio.run(begin_step_up(Action.DROP_KNOWN_CLIENT, text, Secret(password), live, caller(), house.deps, client))


def drop_client(house: House, live: LiveSession, client: str) -> None:
    """Both halves, passed."""
    step = prove_for_client(house, live, client)
    assert not isinstance(step, Refused), step
    assert not drop_known_client(step.token, Secret(house.ask_code(step.token)), live, house.deps).refused
