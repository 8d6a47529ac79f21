"""Secrets in logs: everything the house says during a full run, searched for what it must never say (R8, V16.2.5)."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from sekisho.bootstrap.logging import start_logging
from sekisho.flows.unlock_login import unlock_login
from sekisho.kernel.secrets import Secret
from tests.flows.house import NEW_PASSWORD, STAFF, House, Person, caller, wrong
from tests.promises.running_demo import holds
from tests.web.portal.brokerage import PASSWORD, Brokerage


class Everything(logging.Handler):
    """Records as they were made, before anything is hidden or cut."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("httpx", "httpcore", "asyncio")):  # the test's own client
            self.lines.append(f"{record.name} {record.msg} {record.args} {record.exc_info}")


@contextmanager
def listening() -> Iterator[tuple[Everything, io.StringIO]]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    shown, heard = io.StringIO(), Everything()
    start_logging("debug", "json", shown)
    root.addHandler(heard)
    try:
        yield heard, shown
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
        logging.captureWarnings(False)


def test_a_full_run_through_the_portal_logs_no_secret(brokerage: Brokerage) -> None:
    """Activation, wrong and right logins, a wrong code, the security page, logoff: not one secret in a log line."""
    secrets = {PASSWORD, "a wrong password", *(code.reveal() for code in brokerage.traders.values())}
    with listening() as (heard, shown):
        owner = brokerage.browser()
        owner.activate("hanako")
        owner.give_password("hanako", "a wrong password")
        owner.give_password("hanako")
        code = brokerage.phone()[-1]
        owner.send("/login/code", code=wrong(code))
        secrets |= {code, wrong(code), owner.cookie("gate") or "-"}
        done = owner.send("/login/code", code=code)
        secrets |= {owner.cookie("session") or "-", owner.cookie("client") or "-"}
        owner.follow(done)
        owner.see("/security")
        owner.send("/logoff")
    said = "\n".join([*heard.lines, shown.getvalue()])
    assert "request" in said and "/login/code" in said  # the run was heard
    secrets |= {"+819012345642", "819012345642", "9012345642"}
    assert [secret for secret in secrets if any(holds(line, secret) for line in said.splitlines())] == []


def test_a_full_run_leaves_no_secret_in_the_audit_log(house: House) -> None:
    """Personal fields opened."""
    added = house.add()
    secrets = [added.activation_code.reveal(), "a wrong password", NEW_PASSWORD]
    with listening() as (heard, shown):
        house.activate(added)
        aiko = Person("aiko", added.trader.id, "+819012345678")
        house.fail_passwords(aiko, 6)
        unlock_login("aiko", STAFF, house.deps)
        started = house.start(aiko)
        code = house.ask_code(started.token)
        house.fail_codes(started.token, code, 1)
        complete = house.give_code(started.token, code)
        house.clock.advance(days=2)
        again = house.log_in(aiko, caller(client_token=complete.client_token))  # type: ignore[union-attr]
        changed = house.change_password(aiko, house.present(again))
    tokens: list[Secret] = [started.token, again.session_token, again.client_token, changed.session_token]
    secrets += [aiko.password, code, wrong(code), *(token.reveal() for token in tokens), aiko.phone]
    said = "\n".join([house.audit_text(), *heard.lines, shown.getvalue()])
    assert house.audited("password.changed") == 1
    assert [secret for secret in secrets if any(holds(line, secret) for line in said.splitlines())] == []


@pytest.mark.parametrize("thing", ["password", "code", "token"])
def test_a_secret_does_not_print(thing: str) -> None:
    """However it comes into a message or a traceback."""
    secret = Secret(f"the {thing} itself")
    said = f"{secret} {secret!r} {secret:>40} {[secret]} %s" % secret
    assert "itself" not in said
    with pytest.raises(TypeError):
        hash(secret)
