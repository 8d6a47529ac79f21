"""Security codes, the ceremonies they are bound to, and how many are sent (R1, R3, R4; N22-N25, V6.6.2-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose, CeremonyState
from sekisho.domain.authentication.codes import CodePolicy, SecurityCode
from sekisho.domain.authentication.known_client import KNOWN_CLIENT_LIFE, KnownClient
from sekisho.domain.authentication.sends import SendPolicy
from sekisho.kernel.decision import Reason

START = datetime(2026, 4, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CODE = SecurityCode("hash", START, START + 5 * MINUTE, tries_left=5)
CEREMONY = Ceremony(
    "cer_1", "hash", CeremonyPurpose.LOGIN, "trd_1", "aut_1", "strangers", "portal", START, START + 15 * MINUTE, gate_version=3,
    source="203.0.113.7/32",
)  # fmt: skip


@pytest.mark.parametrize(
    "code, later, reason",
    [
        (CODE, timedelta(0), None),
        (CODE, 5 * MINUTE - timedelta(milliseconds=1), None),
        (CODE, 5 * MINUTE, Reason.CODE_EXPIRED),
        (CODE.spent(START), timedelta(0), Reason.CODE_SPENT),
        (CODE.tried().tried().tried().tried(), timedelta(0), None),
        (CODE.tried().tried().tried().tried().tried(), timedelta(0), Reason.CODE_TRIES_SPENT),
    ],
)
def test_a_code_is_good_once_for_five_minutes_and_five_tries(code: SecurityCode, later: timedelta, reason: Reason | None) -> None:
    """N22-N24; DESIGN §5."""
    assert getattr(code.admits(START + later), "reason", None) is reason


@pytest.mark.parametrize(
    "ceremony, version, later, reason",
    [
        (CEREMONY, 3, timedelta(0), None),
        (CEREMONY, 3, 15 * MINUTE - timedelta(milliseconds=1), None),
        (CEREMONY, 3, 15 * MINUTE, Reason.LOGIN_DEAD),
        (CEREMONY, 4, timedelta(0), Reason.STATE_CHANGED),  # suspension, freeze, unlock, reset or password change since (R1)
        (CEREMONY, 2, timedelta(0), Reason.STATE_CHANGED),
        (CEREMONY.died(START), 3, timedelta(0), Reason.LOGIN_DEAD),
        (CEREMONY.completed(START), 3, timedelta(0), Reason.LOGIN_DEAD),
    ],
)
def test_when_a_ceremony_is_alive(ceremony: Ceremony, version: int, later: timedelta, reason: Reason | None) -> None:
    assert getattr(ceremony.admits(version, START + later), "reason", None) is reason


@pytest.mark.parametrize(
    "other",
    [
        replace(CEREMONY, id="cer_2"),
        replace(CEREMONY, purpose=CeremonyPurpose.STEP_UP),
        replace(CEREMONY, purpose=CeremonyPurpose.ACTIVATION),
        replace(CEREMONY, action="change_password"),
        replace(CEREMONY, action_text="withdraw ¥10,000"),
        replace(CEREMONY, action="a", action_text="b\nc"),
    ],
)
def test_a_code_is_bound_to_ceremony_purpose_and_action(other: Ceremony) -> None:
    """R4, J08."""
    assert other.code_context() != CEREMONY.code_context()


def test_completion_spends_the_code() -> None:
    done = CEREMONY.with_code(CODE).completed(START)
    assert done.state is CeremonyState.COMPLETE
    assert done.code is not None and done.code.used == START


def sent(*minutes_ago: float) -> list[datetime]:
    return [START - timedelta(minutes=ago) for ago in sorted(minutes_ago, reverse=True)]


@pytest.mark.parametrize(
    "lane, firm, country, reason",
    [
        (sent(), 0, "+81", None),
        (sent(1, 2, 3, 4), 0, "+81", None),
        (sent(1, 2, 3, 4, 5), 0, "+81", Reason.SENDS_EXHAUSTED),  # 5 in 15 min
        (sent(1, 2, 3, 4, 14.999), 0, "+81", Reason.SENDS_EXHAUSTED),
        (sent(1, 2, 3, 4, 15), 0, "+81", None),
        (sent(*range(60, 600, 60)), 0, "+81", None),  # nine in the day
        (sent(*range(60, 660, 60)), 0, "+81", Reason.SENDS_EXHAUSTED),  # ten in the day
        (sent(), 4999, "+81", None),
        (sent(), 5000, "+81", Reason.FIRM_SENDS_EXHAUSTED),  # the firm's cap
        (sent(), 0, "+82", Reason.COUNTRY_NOT_SERVED),
        (sent(), 0, "+8", Reason.COUNTRY_NOT_SERVED),
    ],
)
def test_how_many_codes_are_sent(lane: list[datetime], firm: int, country: str, reason: Reason | None) -> None:
    """R3: 5 in 15 min and 10 a day per lane; per firm an allow-list of country codes and an hourly cap."""
    assert getattr(SendPolicy().admits(lane, firm, country, START), "reason", None) is reason


def test_no_country_listed_serves_none() -> None:
    assert SendPolicy(countries=()).admits([], 0, "+81", START).refused


@pytest.mark.parametrize(
    "policy, numbers",
    [
        (CodePolicy, {"digits": 5}),
        (CodePolicy, {"life": timedelta(minutes=11)}),
        (CodePolicy, {"tries": 11}),
        (CodePolicy, {"ceremony_life": timedelta(minutes=4)}),
        (SendPolicy, {"per_lane": 0}),
        (SendPolicy, {"per_lane_daily": 4}),
        (SendPolicy, {"countries": ("81",)}),
        (SendPolicy, {"countries": ("+81; DROP",)}),
        (SendPolicy, {"lane_window": timedelta(hours=2)}),
    ],
)
def test_numbers_outside_the_bounds_are_refused(policy: type, numbers: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        policy(**numbers)


def test_a_known_client_lives_ninety_days_from_its_last_login() -> None:
    """R3: rotated at each complete login, 90 days; its id, which names its lane, stays."""
    client = KnownClient("kcl_1", "trd_1", "old", "name", START, START, START + KNOWN_CLIENT_LIFE)
    assert client.alive(START + timedelta(days=90) - timedelta(milliseconds=1))
    assert not client.alive(START + timedelta(days=90))
    rotated = client.rotated("new", "Firefox", START + timedelta(days=30))
    assert (rotated.id, rotated.token_hash, rotated.expires) == ("kcl_1", "new", START + timedelta(days=120))
