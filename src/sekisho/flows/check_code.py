"""Checking a security code against its ceremony: counted, compared and settled in one commit (R1, R3, R4)."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address, IPv6Address

from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.flows import checkpoint
from sekisho.flows.count_attempt import Counted, reserve, settle_failure, settle_success
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import destination_of
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.flows.send_code import is_code, restricted_since
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused
from sekisho.kernel.secrets import Secret

__all__ = ["check_code", "look_tried", "may_check"]

Address = IPv4Address | IPv6Address


def check_code(
    ceremony: Ceremony, record: LoginRecord, digits: Secret, address: Address | None, now: datetime, tx: Transaction, deps: Dependencies
) -> Decision:
    """Whether this code completes this ceremony now, from there. The caller holds the locks of ceremony and trader.

    Only a code that could have been right is checked and counted: a used, expired, void or dead one counts nothing.
    """
    decision = may_check(ceremony, record, address, now, tx, deps)
    counted = decision if isinstance(decision, Refused) else reserve(ceremony.phone, ceremony.lane, record, now, tx, deps)
    if isinstance(counted, Refused):
        look_tried(ceremony, tx)
        return counted
    assert ceremony.code is not None  # may_check saw it
    if is_code(ceremony.code, ceremony, digits, deps):
        settle_success(counted, now, tx)
        return Allowed()
    return _wrong(ceremony, counted, record, now, tx, deps)


def look_tried(ceremony: Ceremony, tx: Transaction) -> None:
    """The page counts down the tries of a dead, refused or restricted login as of a living one (R1)."""
    if ceremony.code is not None and ceremony.code.tries_left > 0:
        tx.ceremonies.save(ceremony.with_code(ceremony.code.tried()))


def may_check(
    ceremony: Ceremony, record: LoginRecord, address: Address | None, now: datetime, tx: Transaction, deps: Dependencies
) -> Decision:
    """Whether any code could complete this ceremony now, but for the count of its failures."""
    if ceremony.code is None:
        return Refused(Reason.NO_CODE)
    for decision in (ceremony.code.admits(now), ceremony.admits(record.trader.gate_version, now)):
        if decision.refused:
            return decision
    activating = ceremony.purpose is CeremonyPurpose.ACTIVATION
    from_here = checkpoint.address_admits(record.addresses, record.trader.id, address, now)
    login = from_here if activating else checkpoint.login_admits(record, address, now)
    if login.refused:
        return login
    if destination_of(ceremony, record, now, tx, deps.keyring) is None:
        return Refused(Reason.AUTHENTICATOR_DISABLED)
    return Refused(Reason.LOGIN_DEAD) if restricted_since(ceremony, tx) else Allowed()


def _wrong(ceremony: Ceremony, counted: Counted, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> Refused:
    assert ceremony.code is not None
    tried = ceremony.with_code(ceremony.code.tried())
    restricted = settle_failure(counted, record, now, tx, deps)
    tx.ceremonies.save(tried.died(now) if restricted else tried)
    return Refused(Reason.WRONG_CODE)
