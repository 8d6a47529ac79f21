"""A customer whose instructions are asked for, answered and claimed; for tests of R13."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.checkpoint import Action
from sekisho.flows.claim_instruction import claim_instruction
from sekisho.flows.confirm_instruction import act_of, confirm_instruction, instruction_to_confirm
from sekisho.flows.dispute_instruction import dispute_instruction
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.step_up import begin_step_up
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import Language
from tests.flows.house import PASSWORD, House, Person, caller
from tests.flows.monitored import KEY, Log, open_log

__all__ = ["MONEY", "ORDER", "Asked", "asked", "reason"]

MONEY = {"amount": 300_000, "currency": "JPY", "payee": "bank:1", "payee_name": "Aiko Mori"}
ORDER = {"symbol": "7203", "side": "buy", "quantity": 100, "amount_jpy": 250_000, "liquidity": "liquid"}


@dataclass
class Asked:
    log: Log
    aiko: Person
    live: LiveSession
    client: Secret

    @property
    def house(self) -> House:
        return self.log.house

    def withdrawal(self, reference: str = "w1", **more: str | int) -> Instruction:
        found = self.log.ask(reference, InstructionKind.WITHDRAWAL, **{**MONEY, **more}).instruction
        assert found is not None
        return found

    def order(self, reference: str = "o1", **more: str | int) -> Instruction:
        found = self.log.ask(reference, InstructionKind.ORDER, **{**ORDER, **more}).instruction
        assert found is not None
        return found

    def again(self) -> LiveSession:
        """A further session of hers, from the same browser."""
        complete = self.house.log_in(self.aiko, caller(client_token=self.client))
        self.client = complete.client_token
        return self.house.present(complete)

    def yes(self, found: Instruction, live: LiveSession | None = None) -> Instruction | Refused:
        live = live or self.live
        _, account = instruction_to_confirm(live, found.id, self.house.deps)
        text = act_of(found, account, Language.EN, self.house.deps)
        begun = asyncio.run(begin_step_up(Action.CONFIRM_INSTRUCTION, text, Secret(PASSWORD), live, caller(), self.house.deps, found.id))
        if not isinstance(begun, Begun):
            return begun
        return confirm_instruction(begun.token, Secret(self.house.ask_code(begun.token)), live, caller(), self.house.deps)

    def no(self, found: Instruction, live: LiveSession | None = None, password: str = PASSWORD) -> Instruction | Refused:
        return asyncio.run(dispute_instruction(found.id, Secret(password), live or self.live, caller(), self.house.deps))

    def claim(self, found: Instruction, hash_: str = "") -> Instruction | Refused:
        return claim_instruction(found.id, hash_ or found.hash, KEY, self.house.deps)

    def state(self, found: Instruction) -> InstructionState:
        with self.house.storage.reading() as tx:
            now = tx.instructions.get(found.id)
        assert now is not None
        return now.state

    def frozen(self) -> frozenset[str]:
        with self.house.storage.reading() as tx:
            account = tx.accounts.by_number("SK-4AIKO")
        assert account is not None
        return account.frozen


@pytest.fixture
def asked(house: House) -> Iterator[Asked]:
    aiko = house.enrol("aiko")
    first = house.log_in(aiko)
    house.clock.advance(hours=48)
    known = house.log_in(aiko, caller(client_token=first.client_token))
    with open_log(house) as log:
        yield Asked(log, aiko, house.present(known), known.client_token)


def reason(outcome: Instruction | Refused) -> Reason | None:
    return outcome.reason if isinstance(outcome, Refused) else None
