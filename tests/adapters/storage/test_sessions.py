"""Sessions and the inbox, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from sekisho.adapters.storage import SqlStorage
from sekisho.adapters.storage.sessions import _OVER
from sekisho.domain.sessions import Channel, EndReason, Session
from sekisho.flows.ports.storage import InboxNotice
from sekisho.kernel.errors import Kind, SekishoError
from tests.adapters.storage.conftest import NOW, People

MINUTE = timedelta(minutes=1)


def _session(number: int, trader: str, minutes: int = 0) -> Session:
    started = NOW + minutes * MINUTE
    return Session(f"ses_{number}", trader, Channel.PORTAL, f"token {number}", started, started, 10 * MINUTE, started + 720 * MINUTE)


def test_every_field_of_a_session_is_kept(storage: SqlStorage, people: People) -> None:
    full = replace(
        _session(1, people.aiko.id),
        channel=Channel.API,
        idle=timedelta(milliseconds=90_001),
        client="kcl_1",
        methods="password+security_code",
        quarantined_until=NOW + MINUTE,
        failed_proofs=2,
        address="sealed",
        program="Firefox",
    )
    with storage.transaction() as tx:
        tx.sessions.add(full)
        assert tx.sessions.by_token("token 1") == full == tx.sessions.lock("ses_1")
        ended = replace(full, token_hash="token 1b", last_input=NOW + MINUTE).end(EndReason.IDLE, NOW + 11 * MINUTE)
        tx.sessions.save(ended)
        assert tx.sessions.by_token("token 1") is None
        assert tx.sessions.by_token("token 1b") == ended == tx.sessions.lock("ses_1")
        assert tx.sessions.lock("ses_none") is None


def test_one_token_belongs_to_one_session(storage: SqlStorage, people: People) -> None:
    with pytest.raises(SekishoError) as refused, storage.transaction() as tx:
        tx.sessions.add(_session(1, people.aiko.id))
        tx.sessions.add(replace(_session(2, people.botan.id), token_hash="token 1"))
    assert refused.value.kind is Kind.CONFLICT


def test_live_sessions_are_those_not_ended_oldest_first(storage: SqlStorage, people: People) -> None:
    late, early, other = _session(1, people.aiko.id, 5), _session(2, people.aiko.id), _session(3, people.botan.id, 1)
    with storage.transaction() as tx:
        for session in (late, early, other, _session(4, people.aiko.id).end(EndReason.LOGGED_OFF, NOW)):
            tx.sessions.add(session)
        assert tx.sessions.live_of(people.aiko.id) == [early, late]
        assert tx.sessions.live() == [(early, "aiko"), (other, "botan"), (late, "aiko")]


@pytest.mark.parametrize("later", [9, 10, 11, 29, 30, 719, 720, 721])
def test_those_that_are_over_are_those_that_the_checkpoint_refuses(storage: SqlStorage, people: People, later: int) -> None:
    """To the millisecond, and the longest over first."""
    all_ = [
        _session(1, people.aiko.id),
        replace(_session(2, people.aiko.id), idle=30 * MINUTE),
        replace(_session(3, people.botan.id), last_input=NOW + 710 * MINUTE + timedelta(milliseconds=1)),
        replace(_session(4, people.botan.id), last_input=NOW + 715 * MINUTE),  # over by its age alone
        _session(5, people.botan.id).end(EndReason.LOGGED_OFF, NOW),
    ]
    with storage.transaction() as tx:
        for session in all_:
            tx.sessions.add(session)
    for now in (NOW + later * MINUTE, NOW + later * MINUTE + timedelta(milliseconds=1)):
        over = sorted((one for one in all_[:4] if one.admits(now).refused), key=lambda one: (one.over_at, one.id))
        with storage.reading() as tx:
            assert tx.sessions.over(now, 10) == [one.id for one in over]
            assert tx.sessions.over(now, 1) == [one.id for one in over[:1]]


def test_the_database_finds_those_that_are_over_without_looking_at_the_others(storage: SqlStorage, people: People) -> None:
    """R8: what is sealed waits behind it."""
    with storage.transaction() as tx:
        for number in range(2000):
            tx.sessions.add(_session(number, people.aiko.id, minutes=number))
        if tx._line.is_postgresql:
            tx._line.run(text("ANALYZE sessions"))
    with storage.reading() as tx:
        explain = "EXPLAIN " if tx._line.is_postgresql else "EXPLAIN QUERY PLAN "
        wanted = {"now": int((NOW + 12 * MINUTE).timestamp() * 1000), "most": 50}
        plan = " ".join(str(row) for row in tx._line.all(text(explain + _OVER.text), wanted))
    assert "ix_sessions_idle" in plan and "ix_sessions_ends" in plan, plan


def test_of_each_client_the_newest_session_ended_or_not(storage: SqlStorage, people: People) -> None:
    old, new = replace(_session(1, people.aiko.id), client="kcl_1"), replace(_session(2, people.aiko.id, 5), client="kcl_1")
    over = replace(_session(3, people.aiko.id, 9), client="kcl_2").end(EndReason.IDLE, NOW)
    with storage.transaction() as tx:
        for session in (new, old, over, _session(4, people.aiko.id), replace(_session(5, people.botan.id, 9), client="kcl_3")):
            tx.sessions.add(session)
        assert tx.sessions.newest_of_clients(people.aiko.id) == {"kcl_1": new, "kcl_2": over}


@pytest.mark.parametrize(("keep", "ended"), [(None, ["ses_1", "ses_2"]), ("ses_2", ["ses_1"])])
def test_ending_all_sessions_of_a_trader(storage: SqlStorage, people: People, keep: str | None, ended: list[str]) -> None:
    before = _session(4, people.aiko.id).end(EndReason.IDLE, NOW)
    with storage.transaction() as tx:
        for session in (_session(1, people.aiko.id), _session(2, people.aiko.id), _session(3, people.botan.id), before):
            tx.sessions.add(session)
        assert tx.sessions.end_all(people.aiko.id, EndReason.RESET, NOW + MINUTE, keep) == ended
        first = tx.sessions.lock("ses_1")
        assert first is not None and (first.end_reason, first.ended) == (EndReason.RESET, NOW + MINUTE)
        assert tx.sessions.lock("ses_4") == before
        assert [session.id for session in tx.sessions.live_of(people.botan.id)] == ["ses_3"]


def test_the_inbox_is_the_traders_own(storage: SqlStorage, people: People) -> None:
    first = InboxNotice("ntc_1", people.aiko.id, NOW, "login_restricted", {"count": 5, "place": "大阪", "known": False, "until": None})
    second = InboxNotice("ntc_2", people.aiko.id, NOW + MINUTE, "password_changed", {})
    with storage.transaction() as tx:
        for notice in (first, second, InboxNotice("ntc_3", people.botan.id, NOW, "password_changed", {})):
            tx.inbox.add(notice)
        assert tx.inbox.of(people.aiko.id) == [second, first]
        assert tx.inbox.of(people.aiko.id, limit=1) == [second]
        assert tx.inbox.unread(people.aiko.id) == 2
        assert tx.inbox.mark_read(people.botan.id, "ntc_1", NOW) is False
        assert tx.inbox.mark_read(people.aiko.id, "ntc_1", NOW + MINUTE) is True
        assert tx.inbox.mark_read(people.aiko.id, "ntc_1", NOW + 2 * MINUTE) is True
        assert tx.inbox.of(people.aiko.id)[1] == replace(first, read=NOW + MINUTE)
        assert tx.inbox.unread(people.aiko.id) == 1
    with storage.transaction() as tx:
        assert tx.inbox.purge(NOW + MINUTE) == 2  # one of each trader
        assert [notice.at for notice in tx.inbox.of(people.aiko.id)] == [NOW + MINUTE]


def test_the_session_before_is_the_same_traders_last_one(storage: SqlStorage, people: People) -> None:
    first = _session(1, people.aiko.id).end(EndReason.LOGGED_OFF, NOW)
    second, now = _session(2, people.aiko.id, 1), _session(3, people.aiko.id, 2)
    with storage.transaction() as tx:
        for session in (first, second, now, _session(4, people.aiko.id, 3), _session(5, people.botan.id, 1)):
            tx.sessions.add(session)
        assert tx.sessions.before(now) == second
        assert tx.sessions.before(second) == first
        assert tx.sessions.before(first) is None
