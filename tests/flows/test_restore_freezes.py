"""R9, R11, R13: an older copy does not thaw what was frozen since, by the desk or by a customer's No."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.flows.claim_instruction import claim_instruction
from sekisho.flows.freeze_account import freeze_account, unfreeze_account
from sekisho.kernel.decision import Reason, Refused
from tests.flows.asked import ORDER, Asked
from tests.flows.house import STAFF, House, Person
from tests.flows.monitored import KEY, open_log
from tests.flows.older_copy import Place, accepted

NUMBER = "SK-4AIKO"


def by_the_desk(asked: Asked) -> None:
    freeze_account(NUMBER, "desk", "a call", "os:ana", asked.house.deps)


def by_a_no(asked: Asked) -> None:
    assert isinstance(asked.no(asked.order("o2")), Instruction)


def frozen(house: House) -> frozenset[str]:
    with house.storage.reading() as tx:
        account = tx.accounts.by_number(NUMBER)
    assert account is not None
    return account.frozen


@pytest.mark.parametrize("freeze, reason", [(by_the_desk, "desk"), (by_a_no, "disputed")])
def test_an_account_frozen_since_the_copy_is_frozen_again(place: Place, aiko: Person, freeze: Callable[[Asked], None], reason: str) -> None:
    """With its reason; what the copy holds open on it is cancelled, and the broker is told once more."""
    complete = place.house.log_in(aiko)
    with open_log(place.house) as log:
        asked = Asked(log, aiko, place.house.present(complete), complete.client_token)
        order = asked.order()
    place.publish()
    older = place.copy()
    with open_log(place.house, None) as log:
        freeze(replace(asked, log=log))
    place.publish()
    with place.opened(older) as house:
        told: list[tuple[str, Any]] = []
        house.deps = replace(house.deps, webhooks=lambda kind, payload, now, tx: told.append((kind, payload)))
        assert frozen(house) == frozenset()
        done = accepted(place, house)
        assert done is not None and done.stopped == {"frozen": 1}
        assert frozen(house) == {reason}
        assert told == [("account.frozen", {"account": NUMBER, "reason": reason, "instructions": [order.id]})]
        assert claim_instruction(order.id, order.hash, KEY, house.deps) == Refused(Reason.ACCOUNT_FROZEN)
        with house.storage.reading() as tx:
            kept = tx.instructions.get(order.id)
            (entry,) = [row.entry for row in tx.audit.read(done.kept + done.lost + 1, 1000) if row.entry.kind == "account.frozen"]
        assert kept is not None and kept.state is InstructionState.CANCELLED
        assert {"freeze": reason, "by_restore": True, "cancelled": 1}.items() <= json.loads(entry.facts).items()
        unfreeze_account(NUMBER, reason, STAFF, house.deps)
        with open_log(house, None) as log:
            again = log.ask("o3", InstructionKind.ORDER, **ORDER).instruction
        assert again is not None and again.state is InstructionState.ALLOWED


def test_one_that_the_copy_has_frozen_for_that_reason_is_passed_over(place: Place, aiko: Person) -> None:
    """And one that was opened again since is frozen once more: heads carry no lifting."""
    deps = place.house.deps
    freeze_account(NUMBER, "desk", "a call", "os:ana", deps)
    place.publish()
    older = place.copy()
    unfreeze_account(NUMBER, "desk", STAFF, deps)
    for reason in ("desk", "reported"):
        freeze_account(NUMBER, reason, "a call", "os:ana", deps)
    unfreeze_account(NUMBER, "reported", STAFF, deps)
    place.publish()
    with place.opened(older) as house:
        done = accepted(place, house)
        assert done is not None and done.stopped == {"frozen": 1} and done.passed_over == 1
        assert frozen(house) == {"desk", "reported"}
        assert place.newest().standing == (f"frozen:reported:{account_id(house)}",)


def account_id(house: House) -> str:
    with house.storage.reading() as tx:
        return tx.accounts.ids_of([NUMBER])[NUMBER]
