"""DESIGN §4: the owner's rounds. What comes in pages goes on in the next round, and each round begins with sealing (R8)."""

from __future__ import annotations

from functools import partial

import pytest

from sekisho.bootstrap import owner
from sekisho.domain.audit.policy import AuditPolicy
from sekisho.flows.claim_instruction import expire_instructions
from sekisho.flows.ports.security import Purpose
from tests.fakes.audit_log import Key, Watch
from tests.flows.asked import Asked


class HouseKey(Key):
    """Signs with a key of its own; the entries are the house's."""

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self._keyring = asked.house.keyring

    def mac(self, data: bytes) -> bytes:
        return self._keyring.keyed_hash(Purpose.TOKENS, data.hex()).encode()


@pytest.fixture
def here(asked: Asked) -> owner.Owner:
    return owner.Owner(asked.house.deps, HouseKey(asked), [], AuditPolicy(), Watch(), lambda owned: None, lambda: True)


def waiting(asked: Asked) -> int:
    with asked.house.storage.reading() as tx:
        return len(tx.audit.unsealed(1000))


def test_what_ran_out_of_time_goes_on_in_the_next_round_and_is_sealed_there(
    asked: Asked, here: owner.Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        asked.order(f"o{number}", side="sell")
    asked.log.settled()
    here._round()
    asked.house.clock.advance(seconds=31)
    monkeypatch.setattr(owner, "expire_instructions", partial(expire_instructions, limit=2))
    for job in ("lease", "expiry"):
        here._due.pop(job)
    told: list[tuple[int, int]] = []
    for _ in range(4):
        here._round()
        told.append((asked.house.audited("instruction.expired"), waiting(asked)))
    assert told == [(2, 2), (2, 2), (1, 1), (0, 0)]
