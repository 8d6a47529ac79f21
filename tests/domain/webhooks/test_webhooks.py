"""What the broker is told by itself: its form, its tries (R13; Standard Webhooks)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from sekisho.domain.webhooks import WebhookPolicy, body_of, is_urgent, next_try, webhook_kinds

NOW = datetime(2026, 11, 26, 1, 2, 3, 456000, tzinfo=UTC)


def test_a_body_has_type_timestamp_and_data() -> None:
    told = json.loads(body_of("account.frozen", {"account": "U1", "instructions": ["ins_1"]}, NOW))
    assert told == {"type": "account.frozen", "timestamp": "2026-11-26T01:02:03.456Z", "data": {"account": "U1", "instructions": ["ins_1"]}}


def test_what_stops_money_is_urgent() -> None:
    assert [kind for kind in webhook_kinds if is_urgent(kind)] == ["account.frozen", "instruction.cancel"]


def pauses(kind: str, chance: float, tries: int = 20) -> list[float]:
    return [(next_try(kind, attempts, NOW, chance) - NOW).total_seconds() for attempts in range(tries)]


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_an_urgent_one_is_tried_often_within_its_ten_seconds_and_never_rarely(chance: float) -> None:
    found = pauses("account.frozen", chance)
    assert sum(found[:4]) < 8 and found == sorted(found) and 15 <= found[-1] <= 30


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_another_one_is_tried_later_each_time_up_to_an_hour(chance: float) -> None:
    found = pauses("account.unfrozen", chance)
    assert found[0] >= 1.5 and found == sorted(found) and 45 * 60 <= found[-1] <= 75 * 60


@pytest.mark.parametrize("kind, heeded", [("account.unfrozen", True), ("account.frozen", False)])
def test_the_broker_may_ask_for_time_except_where_it_is_urgent(kind: str, heeded: bool) -> None:
    asked = next_try(kind, 0, NOW, 0.5, timedelta(minutes=20)) - NOW
    assert (asked == timedelta(minutes=20)) is heeded


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "broker.example"},
        {"url": "https://name:password@broker.example/"},
        {"url": "https://broker.example/#x"},
        {"url": "https://broker.example", "acknowledge_within": timedelta(minutes=2)},
        {"url": "https://broker.example", "keep_trying": timedelta(minutes=2)},
    ],
)
def test_the_numbers_have_bounds(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        WebhookPolicy(**wrong)  # type: ignore[arg-type]
