"""The checkpoint: what a session may be used for, and what closes it to everything (DESIGN §2; R3, R4, R6, R11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sekisho.domain.accounts import Trader
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind, AuthenticatorState
from sekisho.domain.sessions import Channel, EndReason, Session
from sekisho.flows import checkpoint
from sekisho.flows.checkpoint import Action, admits, login_admits
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import LoginRecord
from sekisho.kernel.decision import Reason

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
TRADER = Trader("trd_1", "aiko", "Aiko", "ja", NOW - 9 * DAY, activated=NOW - 9 * DAY)
SESSION = Session("ses_1", "trd_1", Channel.PORTAL, "hash", NOW, NOW, timedelta(minutes=10), NOW + timedelta(hours=12))
PASSWORD = Authenticator("aut_1", "trd_1", AuthenticatorKind.PASSWORD, AuthenticatorState.ACTIVE, "sealed", NOW, NOW)


def test_every_action_has_its_demands() -> None:
    """A new action without a line in the table does not even import."""
    assert set(checkpoint._DEMANDS) == set(Action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    "trader, session, now, reason",
    [
        (replace(TRADER, suspended=NOW), SESSION, NOW, Reason.TRADER_SUSPENDED),
        (replace(TRADER, frozen=frozenset({"compromise"})), SESSION, NOW, Reason.TRADER_FROZEN),
        (replace(TRADER, activated=None), SESSION, NOW, Reason.NOT_ACTIVATED),
        (TRADER, SESSION, NOW + timedelta(minutes=10), Reason.SESSION_IDLE),
        (TRADER, replace(SESSION, ends=NOW), NOW, Reason.SESSION_TOO_OLD),
        (TRADER, SESSION.end(EndReason.LOGGED_OFF, NOW), NOW, Reason.SESSION_ENDED),
    ],
)
def test_what_closes_a_session_to_every_action(action: Action, trader: Trader, session: Session, now: datetime, reason: Reason) -> None:
    decision = admits(action, LiveSession(session, trader), now)
    assert decision.refused and decision.reason is reason


@pytest.mark.parametrize("action", Action)
def test_a_session_in_order_may_do_everything(action: Action) -> None:
    assert not admits(action, LiveSession(SESSION, TRADER), NOW).refused


FORCED = {Action.CHANGE_PASSWORD, Action.STAY, Action.LOG_OFF}
QUARANTINE = {
    Action.CHANGE_PASSWORD, Action.LIFT_RESTRICTION, Action.DROP_KNOWN_CLIENT, Action.TAKE_BACK_RESTRICTION,
    Action.CHANGE_CONTACT, Action.CHANGE_PREFERENCES, Action.CONFIRM_INSTRUCTION,
}  # fmt: skip


@pytest.mark.parametrize("action", Action)
def test_a_forced_change_leaves_the_change_and_the_way_out(action: Action) -> None:
    """R3: nothing else until the password is changed; also in quarantine (R4)."""
    for session in (SESSION, replace(SESSION, quarantined_until=NOW + DAY)):
        decision = admits(action, LiveSession(session, replace(TRADER, password_change_needed=True)), NOW)
        assert decision.refused is (action not in FORCED)
        assert not decision.refused or decision.reason is Reason.PASSWORD_CHANGE_NEEDED


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("of_session, of_trader", [(DAY, None), (None, DAY), (DAY, 2 * DAY)])
def test_quarantine_refuses_what_would_change_the_gate(action: Action, of_session: timedelta | None, of_trader: timedelta | None) -> None:
    """R4, R16: an unknown client's first day, and the day after a reset."""
    session = replace(SESSION, quarantined_until=of_session and NOW + of_session)
    trader = replace(TRADER, quarantined_until=of_trader and NOW + of_trader)
    decision = admits(action, LiveSession(session, trader), NOW)
    assert decision.refused is (action in QUARANTINE)
    if decision.refused:
        assert decision.until == NOW + max(of_session or timedelta(0), of_trader or timedelta(0))


@pytest.mark.parametrize(
    "record, reason",
    [
        (LoginRecord(TRADER, PASSWORD, None), None),
        (None, Reason.UNKNOWN_NAME),
        (LoginRecord(TRADER, None, None), Reason.NOT_ACTIVATED),
        (LoginRecord(TRADER, replace(PASSWORD, state=AuthenticatorState.DISABLED), None), Reason.NOT_ACTIVATED),
        (LoginRecord(TRADER, replace(PASSWORD, state=AuthenticatorState.PENDING), None), Reason.NOT_ACTIVATED),
        (LoginRecord(replace(TRADER, suspended=NOW), PASSWORD, None), Reason.TRADER_SUSPENDED),
        (LoginRecord(replace(TRADER, frozen=frozenset({"x"})), PASSWORD, None), Reason.TRADER_FROZEN),
        (LoginRecord(replace(TRADER, activated=None), PASSWORD, None), Reason.NOT_ACTIVATED),
    ],
)
def test_whose_login_may_go_on(record: LoginRecord | None, reason: Reason | None) -> None:
    assert getattr(login_admits(record, None, NOW), "reason", None) is reason
