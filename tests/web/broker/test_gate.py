"""Who comes in at the broker's door (R15): a key, from its networks, with the scope; everybody else is answered alike."""

from __future__ import annotations

import pytest

from sekisho.domain.broker_access import BrokerAccessPolicy, Scope, new_key_text
from sekisho.flows.broker_keys import revoke_broker_key
from sekisho.web.broker.tally import BadKeys, KnownKeys
from tests.web.broker.conftest import BrokerDoor, told

ACCOUNTS = "/v1/broker/accounts"
ANYTHING = b"\xff not even JSON"


def test_whoever_is_not_let_in_gets_one_and_the_same_answer_before_his_fields_are_looked_at(door: BrokerDoor) -> None:
    good = door.key("good", Scope.ACCOUNTS)
    elsewhere = door.key("elsewhere", Scope.ACCOUNTS, networks=("198.51.100.0/24",))
    revoked, expired = door.key("revoked", Scope.ACCOUNTS), door.key("expired", Scope.ACCOUNTS, days=1)
    revoke_broker_key("revoked", "os:desk", door.house.deps)
    door.house.clock.advance(days=2)
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    presented = [None, "", "sek_", wrong, good.upper(), new_key_text().whole.reveal(), elsewhere, revoked, expired, f"{good} {good}"]
    answers = [door.send("POST", ACCOUNTS, key, ANYTHING) for key in presented]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert door.send("POST", ACCOUNTS, good, ANYTHING).status == 400  # only now the fields are read


def test_a_key_from_its_network_is_let_in(door: BrokerDoor) -> None:
    key = door.key("desk", Scope.ACCOUNTS, networks=("198.51.100.0/24",))
    assert door.send("GET", f"{ACCOUNTS}/U1", key, client="198.51.100.9").status == 404
    assert door.send("GET", f"{ACCOUNTS}/U1", key, client="198.51.101.9").status == 401


@pytest.mark.parametrize("scopes, status", [((), 403), ((Scope.TRADERS, Scope.EVENTS), 403), ((Scope.ACCOUNTS,), 404)])
def test_a_route_asks_for_its_scope(door: BrokerDoor, scopes: tuple[Scope, ...], status: int) -> None:
    assert door.send("GET", f"{ACCOUNTS}/U1", door.key("desk", *scopes)).status == status


def test_refusals_are_audited_and_do_not_flood_the_log(door: BrokerDoor) -> None:
    bare, stranger = door.key("desk"), new_key_text()
    for _ in range(5):
        door.send("GET", f"{ACCOUNTS}/U1", bare)
        door.send("GET", f"{ACCOUNTS}/U1", stranger.whole.reveal())
    assert door.house.audited("broker_key.refused", "scope_missing", client="desk") == 1
    assert door.house.audited("broker_key.refused", "key_unknown", prefix=stranger.prefix) == 1
    assert stranger.whole.reveal() not in door.house.audit_text()


def test_a_guesser_is_turned_away_unread_and_known_systems_are_not_kept_waiting(door: BrokerDoor) -> None:
    known, late = door.key("known", Scope.ACCOUNTS), door.key("late", Scope.ACCOUNTS)
    assert door.send("GET", f"{ACCOUNTS}/U1", known).status == 404
    for _ in range(20):
        assert door.send("GET", f"{ACCOUNTS}/U1", new_key_text().whole.reveal()).status == 401
    readings = door.house.storage.readings
    turned_away = door.send("GET", f"{ACCOUNTS}/U1", new_key_text().whole.reveal())
    assert turned_away.status == 429 and 0 < int(turned_away.header("retry-after") or 0) <= 300
    assert door.house.storage.readings == readings
    assert door.send("GET", f"{ACCOUNTS}/U1", known).status == 404  # from the very same address
    assert door.send("GET", f"{ACCOUNTS}/U1", late, client="198.51.100.1").status == 404


def test_a_revoked_key_is_remembered_for_a_second_at_most() -> None:
    now = [0.0]
    known = KnownKeys(lambda: now[0])
    known.keep("digest", object())  # type: ignore[arg-type]
    now[0] = 0.99
    assert known.fresh("digest") is not None
    now[0] = 1.0
    assert known.fresh("digest") is None and "digest" in known


def test_the_count_of_bad_keys_is_by_source_and_passes() -> None:
    now = [0.0]
    bad = BadKeys(BrokerAccessPolicy(bad_keys=2), lambda: now[0])
    for moment in (0.0, 100.0):
        now[0] = moment
        bad.count("a")
    assert (bad.wait("a"), bad.wait("b")) == (200, 0)
    now[0] = 300.0
    assert bad.wait("a") == 0
    bad.count("a")
    assert bad.wait("a") == 100


def test_of_strangers_a_hundred_an_hour_are_told() -> None:
    now = [0.0]
    bad = BadKeys(BrokerAccessPolicy(), lambda: now[0])
    assert sum(bad.worth_telling(f"source {number}", stranger=True) for number in range(500)) == 100
    assert bad.worth_telling("a real key", stranger=False)
    now[0] = 3600.0
    assert bad.worth_telling("source 0", stranger=True)


def test_a_portal_session_beside_a_key_is_malformed(door: BrokerDoor) -> None:
    from tests.web.http.asgi import ask

    headers = [("host", "portal.example"), ("authorization", f"Bearer {door.key('desk')}"), ("cookie", "__Host-session=abc")]
    assert ask(door.app, "GET", f"{ACCOUNTS}/U1", headers).status == 400


def test_the_key_that_made_something_stands_in_the_audit_log(door: BrokerDoor) -> None:
    key = door.key("back-office", Scope.ACCOUNTS)
    assert door.send("POST", ACCOUNTS, key, {"number": "U1", "title": "A title"}).status == 422
    assert door.send("POST", ACCOUNTS, key, {"number": "U100", "title": "A title"}).status == 201
    assert [entry.actor for entry in door.house.audit() if entry.kind == "account.added"] == ["key:back-office"]
    assert told(door.send("GET", f"{ACCOUNTS}/U100", key))["title"] == "A title"
