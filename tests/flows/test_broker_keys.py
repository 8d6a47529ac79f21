"""Keys of the broker's systems (R15): made, rotated, revoked, admitted; and what a repeated request does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.broker_access import Scope, new_key_text, read_key_text
from sekisho.flows.add_account import NewTrader, add_account, add_trader
from sekisho.flows.admit_broker import admit_broker
from sekisho.flows.answer_once import Asked, Told, answer_once
from sekisho.flows.broker_keys import KeyIssued, add_broker_key, list_broker_keys, revoke_broker_key, rotate_broker_key
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.purge_rows import purge_rows
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from tests.flows.house import House

LIFE = timedelta(days=90)
ASKED = Asked("order-desk", "a-first-request", "POST /v1/broker/accounts", b'{"number": "U1"}')


def issue(house: House, *scopes: Scope, client: str = "order-desk", life: timedelta = LIFE) -> KeyIssued:
    return add_broker_key(client, frozenset(scopes), (), life, "os:desk", house.deps)


def admitted(house: House, secret: Secret) -> object:
    """The client that this key admits, or why not."""
    text = read_key_text(secret.reveal())
    assert text is not None
    found = admit_broker(text, house.deps)
    if isinstance(found, Refused):
        return found.reason
    decision = found.admits(None, house.clock())
    return decision.reason if isinstance(decision, Refused) else found.client


def test_a_key_is_shown_once_and_kept_as_a_keyed_hash(house: House) -> None:
    issued = issue(house, Scope.EVENTS)
    assert admitted(house, issued.secret) == "order-desk"
    with house.storage.reading() as tx:
        kept = repr(tx.broker_keys.all())
    assert issued.secret.reveal() not in kept + house.audit_text()
    assert house.audited("broker_key.added", client="order-desk", scopes="events", prefix=issued.key.prefix) == 1


def test_what_was_never_issued_admits_nobody(house: House) -> None:
    issued, stranger = issue(house), new_key_text()
    assert admitted(house, stranger.whole) is Reason.KEY_UNKNOWN
    mixed = replace(stranger, prefix=issued.key.prefix)  # a known prefix with another secret
    found = admit_broker(mixed, house.deps)
    assert isinstance(found, Refused) and found.reason is Reason.KEY_UNKNOWN


def test_a_key_ends_after_its_days(house: House) -> None:
    issued = issue(house, life=timedelta(days=2))
    house.clock.advance(days=1, hours=23)
    assert admitted(house, issued.secret) == "order-desk"
    house.clock.advance(hours=1)
    assert admitted(house, issued.secret) is Reason.KEY_EXPIRED


def test_a_rotated_key_has_its_scopes_and_an_overlap(house: House) -> None:
    older = issue(house, Scope.TRADERS)
    newer = rotate_broker_key("order-desk", LIFE, timedelta(hours=24), "os:desk", house.deps)
    assert newer.key.scopes == older.key.scopes and newer.older_until == house.clock() + timedelta(hours=24)
    assert [admitted(house, one.secret) for one in (older, newer)] == ["order-desk", "order-desk"]
    house.clock.advance(hours=24)
    assert [admitted(house, one.secret) for one in (older, newer)] == [Reason.KEY_EXPIRED, "order-desk"]


def test_an_overlap_never_prolongs_the_older_key(house: House) -> None:
    older = issue(house, life=timedelta(days=1))
    house.clock.advance(hours=20)
    assert rotate_broker_key("order-desk", LIFE, timedelta(hours=24), "os:desk", house.deps).older_until == older.key.expires


@pytest.mark.parametrize("by_prefix", [True, False])
def test_a_revoked_key_ends_at_once(house: House, by_prefix: bool) -> None:
    older = issue(house)
    newer = rotate_broker_key("order-desk", LIFE, timedelta(hours=24), "os:desk", house.deps)
    ended = revoke_broker_key(older.key.prefix if by_prefix else "order-desk", "os:desk", house.deps)
    assert len(ended) == (1 if by_prefix else 2) == house.audited("broker_key.revoked")
    assert admitted(house, older.secret) is Reason.KEY_REVOKED
    assert admitted(house, newer.secret) == ("order-desk" if by_prefix else Reason.KEY_REVOKED)
    assert len(list_broker_keys(house.deps)) == (1 if by_prefix else 0) and len(list_broker_keys(house.deps, past=True)) == 2


def test_a_system_has_one_key_and_only_a_live_one_is_rotated(house: House) -> None:
    issue(house)
    with pytest.raises(SekishoError) as second:
        issue(house)
    revoke_broker_key("order-desk", "os:desk", house.deps)
    with pytest.raises(SekishoError) as nothing:
        rotate_broker_key("order-desk", LIFE, timedelta(0), "os:desk", house.deps)
    assert (second.value.kind, nothing.value.kind) == (Kind.CONFLICT, Kind.MISSING)
    issue(house)  # after a revocation the name is free


def test_the_last_use_is_written_once_a_minute(house: House) -> None:
    issued = issue(house)
    admitted(house, issued.secret)
    commits = house.storage.commits
    house.clock.advance(seconds=59)
    admitted(house, issued.secret)
    assert house.storage.commits == commits
    house.clock.advance(seconds=1)
    admitted(house, issued.secret)
    assert list_broker_keys(house.deps)[0].last_used == house.clock()


# Requests that are sent twice


def account(number: str = "U100") -> object:
    def act(deps: Dependencies) -> Told:
        return Told(201, add_account(number, "Title", "key:order-desk", deps).id)

    return act


def test_a_request_acts_once_and_its_answer_is_told_again(house: House) -> None:
    first = answer_once(ASKED, account(), house.deps)  # type: ignore[arg-type]
    house.clock.advance(hours=23)
    assert answer_once(ASKED, account(), house.deps) == replace(first, again=True)  # type: ignore[arg-type]
    assert house.audited("account.added") == 1


def test_at_the_same_moment_too(house: House) -> None:
    told = house.in_threads(lambda: answer_once(ASKED, account(), house.deps), 8)  # type: ignore[arg-type]
    assert len({one.body for one in told}) == 1 and sum(not one.again for one in told) == 1
    assert house.audited("account.added") == 1


@pytest.mark.parametrize("other", [{"body": b"{}"}, {"what": "POST /v1/broker/traders"}])
def test_another_request_under_the_same_key_is_refused_and_audited(house: House, other: dict[str, object]) -> None:
    answer_once(ASKED, account(), house.deps)  # type: ignore[arg-type]
    with pytest.raises(SekishoError) as refused:
        answer_once(replace(ASKED, **other), account("U200"), house.deps)  # type: ignore[arg-type]
    assert refused.value.kind is Kind.CONFLICT and house.audited("broker_repeat.refused", client="order-desk") == 1
    with house.storage.reading() as tx:
        assert tx.accounts.by_number("U200") is None


def test_another_system_may_have_that_key_too(house: House) -> None:
    answer_once(ASKED, account(), house.deps)  # type: ignore[arg-type]
    assert not answer_once(replace(ASKED, client="back-office"), account("U200"), house.deps).again  # type: ignore[arg-type]


def test_a_refused_request_changes_nothing_and_is_tried_anew(house: House) -> None:
    def fails(deps: Dependencies) -> Told:
        add_account("U100", "Title", "key:order-desk", deps)
        raise SekishoError(Kind.INVALID, "No.")

    with pytest.raises(SekishoError):
        answer_once(ASKED, fails, house.deps)
    assert house.audited("account.added") == 0
    assert not answer_once(ASKED, account(), house.deps).again  # type: ignore[arg-type]


def test_an_answer_is_kept_sealed_and_for_a_day(house: House) -> None:
    def enrol(deps: Dependencies) -> Told:
        new = NewTrader("hanako.sato", "Hanako Sato", "+819012345678", "ja", {})
        return Told(201, add_trader(new, "key:order-desk", deps).activation_code.reveal())

    code = answer_once(ASKED, enrol, house.deps).body
    with house.storage.reading() as tx:
        kept = tx.answers.get("order-desk", "a-first-request")
    assert kept is not None and code not in repr(kept)
    house.clock.advance(hours=25)
    purge_rows(timedelta(days=365), house.deps)
    with house.storage.reading() as tx:
        assert tx.answers.get("order-desk", "a-first-request") is None


def test_whoever_sends_messages_is_woken_after_the_commit(house: House) -> None:
    woken: list[bool] = []

    def committed() -> None:
        with house.storage.reading() as tx:
            woken.append(tx.accounts.by_number("U100") is not None)

    def act(deps: Dependencies) -> Told:
        add_account("U100", "Title", "key:order-desk", deps)
        deps.outbox_ready()
        return Told(201, "")

    answer_once(ASKED, act, replace(house.deps, outbox_ready=committed))
    assert woken == [True]
