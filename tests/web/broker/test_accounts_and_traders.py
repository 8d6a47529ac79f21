"""The broker's systems add accounts, traders and mandates, and keep lists of networks: once, however often they ask."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from sekisho.domain.broker_access import Scope
from sekisho.flows.activate_trader import begin_activation
from sekisho.flows.begin_ceremony import Begun
from sekisho.kernel.secrets import Secret
from tests.flows.house import caller
from tests.web.broker.conftest import BrokerDoor, told

ACT = {"reason": "the office has moved", "identity_check": "called back on file"}
HOLDER = [{"number": "U1000007", "role": "holder"}]
ACCOUNT = {"number": "U1000007", "title": "Hanako Sato, margin"}
TRADER = {"username": "hanako.sato", "name": "Hanako Sato", "phone": "+819012345678", "accounts": HOLDER}


@pytest.fixture
def key(door: BrokerDoor) -> str:
    return door.key("back-office", Scope.ACCOUNTS, Scope.TRADERS)


def enrolled(door: BrokerDoor, key: str) -> Any:
    door.send("POST", "/v1/broker/accounts", key, ACCOUNT)
    return told(door.send("POST", "/v1/broker/traders", key, TRADER))


def test_a_trader_is_enrolled_and_activates_with_the_code(door: BrokerDoor, key: str) -> None:
    code = enrolled(door, key)["activation_code"]
    assert isinstance(begin_activation("hanako.sato", Secret(code), caller("192.0.2.10"), door.house.deps), Begun)
    seen = told(door.send("GET", "/v1/broker/accounts/u1000007", key))
    assert [(one["username"], one["role"], one["until"]) for one in seen["mandates"]] == [("hanako.sato", "holder", None)]


def test_the_answer_is_told_again_with_the_same_activation_code(door: BrokerDoor, key: str) -> None:
    door.send("POST", "/v1/broker/accounts", key, ACCOUNT)
    first, second = (door.send("POST", "/v1/broker/traders", key, TRADER, once="one-enrolment") for _ in range(2))
    assert (first.status, second.status) == (201, 201) and first.body == second.body
    assert (first.header("idempotency-replayed"), second.header("idempotency-replayed")) == (None, "true")
    other = door.send("POST", "/v1/broker/traders", key, TRADER | {"username": "taro.sato"}, once="one-enrolment")
    assert other.status == 409 and door.house.audited("broker_repeat.refused") == 1


@pytest.mark.parametrize("once", [None, "short", "x" * 65])
def test_without_an_idempotency_key_nothing_is_done(door: BrokerDoor, key: str, once: str | None) -> None:
    assert door.send("POST", "/v1/broker/accounts", key, ACCOUNT, once=once).status == 422
    assert door.house.audited("account.added") == 0


def test_a_mandate_is_given_and_ended(door: BrokerDoor, key: str) -> None:
    enrolled(door, key)
    door.send("POST", "/v1/broker/accounts", key, {"number": "U2", "title": "x"})
    door.send("POST", "/v1/broker/accounts", key, {"number": "U200", "title": "Second"})
    given = told(door.send("POST", "/v1/broker/traders/hanako.sato/mandates", key, {"number": "U200", "role": "trader"}))
    path = f"/v1/broker/traders/{{}}/mandates/{given['mandate']}"
    assert door.send("DELETE", path.format("taro.sato"), key).status == 404  # of another trader: as if there were none
    assert [door.send("DELETE", path.format("hanako.sato"), key).status for _ in range(2)] == [204, 404]
    assert door.house.audited("mandate.ended", mandate=given["mandate"]) == 1


@pytest.mark.parametrize(
    "path, document, status",
    [
        ("accounts", ACCOUNT, 409),                                                        # taken
        ("accounts", ACCOUNT | {"number": "No spaces"}, 422),
        ("accounts", ACCOUNT | {"more": 1}, 422),                                          # R7: unknown fields
        ("accounts", b'{"number":"U9","number":"U8","title":"x"}', 422),                   # repeated ones
        ("traders", TRADER | {"phone": "12"}, 422),
        ("traders", TRADER | {"username": "other.name", "accounts": [{"number": "U404", "role": "holder"}]}, 404),
        ("traders", TRADER | {"username": "other.name", "accounts": HOLDER}, 409),
        ("traders", TRADER | {"username": "other.name", "accounts": [{"number": "U1", "role": "king"}]}, 422),
        ("traders", TRADER | {"username": "hanak0.sato"}, 409),                            # a look-alike (R16)
        ("traders/nobody.here/mandates", {"number": "U1000007", "role": "viewer"}, 404),
        ("accounts/U404/networks", {"networks": [], **ACT}, 404),
        ("accounts/U1000007/networks", {"networks": ["203.0.113.0/24", "nonsense"], **ACT}, 422),
        ("accounts/U1000007/networks", {"networks": ["203.0.113.0/24\n0.0.0.0/0"], **ACT}, 400),
        ("accounts/U1000007/networks", {"networks": [], **ACT, "reason": "     "}, 422),
        ("traders/hanako.sato/networks", {"networks": [], **ACT}, 403),                    # R5: a holder's own list
        ("accounts/U1000007/networks/cancellation", ACT, 422),                             # nothing waits
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_changes_nothing(door: BrokerDoor, key: str, path: str, document: Any, status: int) -> None:
    enrolled(door, key)
    before = len(door.house.audit())
    answer = door.send("POST", f"/v1/broker/{path}", key, document)
    assert (answer.status, answer.header("content-type")) == (status, "application/problem+json")
    assert len(door.house.audit()) == before


def test_a_line_that_cannot_be_read_is_named(door: BrokerDoor, key: str) -> None:
    enrolled(door, key)
    answer = told(door.send("POST", "/v1/broker/accounts/U1000007/networks", key, {"networks": ["203.0.113.0/24", "nonsense"], **ACT}))
    assert [error["field"] for error in answer["errors"]] == ["networks[1]"]


def test_an_accounts_list_is_kept_as_staff_keep_it(door: BrokerDoor, key: str) -> None:
    enrolled(door, key)
    path = "/v1/broker/accounts/U1000007/networks"
    kept = told(door.send("POST", path, key, {"networks": ["203.0.113.0/24 Office"], **ACT}))
    assert [(one["network"], one["label"]) for one in kept["entries"]] == [("203.0.113.0/24", "Office")]
    wider = told(door.send("POST", path, key, {"networks": [], **ACT}))
    assert wider["pending"] == [] and wider["due"] is not None  # loosening waits (R5)
    assert told(door.send("GET", path, key))["pending"] == []
    assert told(door.send("POST", f"{path}/cancellation", key, ACT))["pending"] is None
    assert door.house.audited("address_list.changed", identity_check="called back on file") == 2


def test_a_delegates_list_is_kept_too(door: BrokerDoor, key: str) -> None:
    enrolled(door, key)
    delegate = {"username": "taro.sato", "name": "Taro", "phone": "+818012345678", "accounts": [{"number": "U1000007", "role": "trader"}]}
    door.send("POST", "/v1/broker/traders", key, delegate)
    kept = told(door.send("POST", "/v1/broker/traders/taro.sato/networks", key, {"networks": ["203.0.113.7"], **ACT}))
    assert kept["entries"][0]["network"] == "203.0.113.7/32"


def test_no_key_account_phone_or_name_stands_in_a_log(door: BrokerDoor, key: str) -> None:
    """At every level, debug included, whatever is asked and however it ends."""
    structlog.reset_defaults()
    with capture_logs() as lines:
        secrets = [key, enrolled(door, key)["activation_code"], "U1000007", "U404404", "9012345678", "hanako.sato", "203.0.113.0"]
        for document in (ACCOUNT, ACCOUNT | {"number": "bad number"}, ACCOUNT | {"U1000007": 1}, b"{"):
            door.send("POST", "/v1/broker/accounts", key, document)
        for path in ("accounts/U1000007", "accounts/U404404", "traders/hanako.sato/networks", "accounts/U1000007/networks"):
            door.send("GET", f"/v1/broker/{path}", key)
            door.send("POST", f"/v1/broker/{path}", key, {"networks": ["203.0.113.0/24", "x"], **ACT})
        door.send("POST", "/v1/broker/traders", key, TRADER)
        door.send("DELETE", "/v1/broker/traders/hanako.sato/mandates/man_x", key)
        door.send("GET", "/v1/broker/accounts/U1000007", key[:-1] + "0")
    assert len(lines) > 15
    said = "\n".join(map(str, lines))
    assert [secret for secret in secrets if secret in said] == []
