"""R10 on both ways to a trader: at most one notice per kind and hour, then a digest; logins and changes each time. Two ways, one notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from sekisho.domain.notifications import Channel, NoticeKind
from sekisho.domain.notifications.kinds import NEVER_DIGESTED
from sekisho.domain.notifications.specimens import notices
from sekisho.flows.notify import notify
from sekisho.flows.ports.delivery import OutboxMessage
from tests.flows.fittings import START
from tests.flows.house import House, Person

_FIRST_DUES = text("SELECT channel, first_due FROM outbox WHERE kind = :wanted ORDER BY first_due, id")
PARAMS = {one.kind: dict(one.params) for one in notices("en")}
RATIONED = sorted(set(NoticeKind) - NEVER_DIGESTED)


@pytest.fixture
def aiko(house: House) -> Person:
    """A trader with phone and e-mail, enrolled two days ago."""
    added = house.add(email="aiko@example.com")
    house.activate(added)
    house.clock.advance(days=2)
    return Person("aiko", added.trader.id, "+819012345678")


def tell(house: House, aiko: Person, kind: NoticeKind) -> None:
    with house.storage.transaction() as tx:
        record = tx.traders.lock(aiko.id)
        assert record is not None
        notify(kind, record, PARAMS[kind], house.clock(), tx, house.deps)


def sent(house: House, kind: NoticeKind) -> dict[Channel, list[OutboxMessage]]:
    found = [one for one in house.messages() if one.kind == kind]
    return {way: [one for one in found if one.channel is way] for way in (Channel.SMS, Channel.EMAIL)}


def dues(house: House, kind: NoticeKind) -> dict[Channel, list[float]]:
    """Minutes after the third day began at which each message may leave, by way."""
    start = START + timedelta(days=2)
    with house.storage.database.reading() as line:
        rows = line.all(_FIRST_DUES, {"wanted": kind})
    by_way: dict[Channel, list[float]] = {Channel.SMS: [], Channel.EMAIL: []}
    for channel, due in rows:
        by_way[Channel(channel)].append((due / 1000 - start.timestamp()) / 60)
    return by_way


@pytest.mark.parametrize("kind", RATIONED)
def test_what_strangers_can_provoke_is_told_once_then_as_a_digest_on_both_ways(house: House, aiko: Person, kind: NoticeKind) -> None:
    for _ in range(9):  # at 0, 10 … 80 minutes
        tell(house, aiko, kind)
        house.clock.advance(minutes=10)
    expected = [0, 60]  # the notice, and one digest of all that came within the hour; at 70 and 80 minutes a second digest waits
    told = dues(house, kind)
    assert told[Channel.SMS] == told[Channel.EMAIL] == [*expected, 120]
    for messages in sent(house, kind).values():
        assert ["Since our last notice" in one.body.reveal() for one in messages] == [False, True, True]
    with house.storage.reading() as tx:
        inbox = [one.kind for one in tx.inbox.of(aiko.id) if one.kind.startswith(kind)]
    assert sorted(inbox) == sorted([kind.value, f"{kind}.again", f"{kind}.again"])


@pytest.mark.parametrize("kind", [NoticeKind.LOGIN_UNKNOWN_CLIENT, NoticeKind.PASSWORD_CHANGED, NoticeKind.CONTACT_CHANGED])
def test_logins_and_changes_are_told_each_time_on_both_ways(house: House, aiko: Person, kind: NoticeKind) -> None:
    for _ in range(3):
        tell(house, aiko, kind)
        house.clock.advance(minutes=1)
    assert dues(house, kind) == {Channel.SMS: [0, 1, 2], Channel.EMAIL: [0, 1, 2]}
    assert not any("Since our last notice" in one.body.reveal() for messages in sent(house, kind).values() for one in messages)


def test_each_message_has_a_reference_of_its_own_and_the_phrase_stands_in_mails_alone(house: House, aiko: Person) -> None:
    tell(house, aiko, NoticeKind.PASSWORD_CHANGED)
    [sms], [mail] = sent(house, NoticeKind.PASSWORD_CHANGED).values()
    assert sms.reference != mail.reference
    assert sms.body.reveal().endswith(sms.reference) and mail.body.reveal().endswith(mail.reference)


def test_a_flood_over_a_day_sends_one_message_an_hour_on_each_way(house: House, aiko: Person) -> None:
    for _ in range(24 * 6):
        tell(house, aiko, NoticeKind.LOGIN_RESTRICTED)
        house.clock.advance(minutes=10)
    for way in dues(house, NoticeKind.LOGIN_RESTRICTED).values():
        assert all(later - earlier >= 60 for earlier, later in pairwise(way)) and len(way) == 25


def test_known_logins_stand_in_the_inbox_and_leave_by_choice_alone(house: House, aiko: Person) -> None:
    tell(house, aiko, NoticeKind.LOGIN_KNOWN_CLIENT)
    assert dues(house, NoticeKind.LOGIN_KNOWN_CLIENT) == {Channel.SMS: [], Channel.EMAIL: []}
    house.alter(aiko, lambda trader: replace(trader, notify_known_logins=True))
    tell(house, aiko, NoticeKind.LOGIN_KNOWN_CLIENT)
    assert dues(house, NoticeKind.LOGIN_KNOWN_CLIENT) == {Channel.SMS: [0], Channel.EMAIL: [0]}
    with house.storage.reading() as tx:
        assert [one.kind for one in tx.inbox.of(aiko.id)].count("login_known_client") == 2
