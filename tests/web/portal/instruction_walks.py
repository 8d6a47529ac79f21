"""Ways to the pages of instructions, for the tests of the pages and the one that looks at each in every dress."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from httpx2 import Response

from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.domain.instructions.instruction import Detail
from sekisho.flows.staff_addresses import Target, change_by_staff
from sekisho.kernel.ids import new_id
from tests.flows.house import STAFF
from tests.web.portal.brokerage import PASSWORD, Browser

__all__ = ["asked", "closed", "code", "held", "listed", "new_device", "order", "stopped", "wrong"]

HOME = "/instructions"
TO = {"currency": "JPY", "payee": "bank:5f1c27d09be34a66b1c7f04d8a93e2f0c4b78dd1-7321", "payee_name": "Hanako Yamada"}
ORDER = {"symbol": "7203", "side": "buy", "quantity": 1_200, "amount_jpy": 3_000_000, "order_type": "limit", "limit_price": 2_500}


def put(browser: Browser, state: InstructionState = InstructionState.CHALLENGED, amount: int = 300_000) -> str:
    """A withdrawal in Hanako's name, as the rules left it."""
    return _put(browser, InstructionKind.WITHDRAWAL, {"amount": amount, **TO}, state)


def _put(browser: Browser, kind: InstructionKind, details: Mapping[str, Detail], state: InstructionState) -> str:
    brokerage = browser.brokerage
    now = brokerage.clock()
    with brokerage.deps.storage.transaction() as tx:
        record = tx.traders.by_username("hanako")
        assert record is not None
        (account, _), *_ = tx.accounts.acted_for_by(record.trader.id, now)
        made = Instruction(
            id=new_id("ins", now), reference=f"cli_1:{kind}-{state}", kind=kind, account=account.id,
            trader=record.trader.id, session=None, hash="h", details=details,
            state=state, verdict="challenge", reasons=("step_up_needed",), event="cli_1:e", received=now,
            expires=now + timedelta(minutes=15),
        )  # fmt: skip
        tx.instructions.add(made)
    return made.id


def known(browser: Browser) -> None:
    browser.activate("hanako")
    browser.log_in("hanako")
    browser.brokerage.clock.pass_by(hours=25)
    browser.log_in("hanako")


def asked(browser: Browser) -> str:
    known(browser)
    return f"{HOME}/{put(browser)}"


def order(browser: Browser) -> str:
    known(browser)
    return f"{HOME}/{_put(browser, InstructionKind.ORDER, ORDER, InstructionState.CHALLENGED)}"


def held(browser: Browser) -> str:
    known(browser)
    return f"{HOME}/{put(browser, InstructionState.HELD)}"


def new_device(browser: Browser) -> str:
    browser.activate("hanako")
    browser.log_in("hanako")
    return f"{HOME}/{put(browser)}"


def closed(browser: Browser) -> str:
    """On an account whose list does not hold the customer's network."""
    path = asked(browser)
    deps = browser.brokerage.deps
    with deps.storage.reading() as tx:
        found = tx.instructions.get(path.split("/")[2])
        account = tx.accounts.get(found.account) if found else None
    assert account is not None
    change_by_staff(Target(account=account.number), "192.0.2.0/24 Office", STAFF, deps)
    return path


def code(browser: Browser) -> str:
    path = asked(browser)
    browser.see(path)
    browser.follow(browser.send(f"{path}/yes", current_password=PASSWORD))
    return f"{path}/yes/code"


def wrong(browser: Browser) -> Response:
    path = asked(browser)
    browser.see(path)
    return browser.send(f"{path}/no", current_password="wrong wrong wrong")


def listed(browser: Browser) -> str:
    known(browser)
    for number, state in enumerate(InstructionState):
        put(browser, state, 100_000 + number)
    return HOME


def stopped(browser: Browser) -> str:
    path = asked(browser)
    browser.see(path)
    browser.follow(browser.send(f"{path}/no", current_password=PASSWORD))
    return f"{HOME}?done=no"
