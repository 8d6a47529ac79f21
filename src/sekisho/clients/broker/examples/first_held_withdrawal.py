"""Three customers and one payee whom nobody has paid before: the third withdrawal to him is held.

ACCOUNT:USERNAME of three customers who have activated their logins; without them, those of the demo.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence

from sekisho.clients.broker import BrokerClient, Decision, Instruction, Verdict
from sekisho.clients.broker.examples import open_client

DEMO = ("U1000007:hanako.sato", "U1000023:kenji.mori", "U1000031:yuki.abe")


def main(customers: Sequence[str] = DEMO) -> None:
    with open_client() as sekisho:
        run = secrets.token_hex(3)
        for number, customer in enumerate(customers):
            account, _, trader = customer.partition(":")
            verdict = withdraw(sekisho, f"w-{run}-{number}", account, trader, f"bank:0001-123-{run}")
            print(f"{account}: {verdict.decision} {[reason.code for reason in verdict.reasons]}")
            for reason in verdict.reasons:
                print(f"    {reason.text}")


def withdraw(sekisho: BrokerClient, id: str, account: str, trader: str, payee: str) -> Verdict:
    """Asked before it is carried out; only what is allowed, and then claimed, leaves."""
    instruction = Instruction(id, "withdrawal", account, trader, {"amount": 480_000, "currency": "JPY", "payee": payee})
    verdict = sekisho.instructions.ask(instruction)
    if verdict.decision is Decision.ALLOW and sekisho.instructions.claim(verdict.instruction, verdict.hash).may_execute:
        print("pay", id)  # here the money leaves
    return verdict


if __name__ == "__main__":
    main(sys.argv[1:] or DEMO)
