"""Members of the lists that rules ask: networks, payees, symbols… put there and taken away by staff, with a reason and an end (R12).

The owner of the event log takes a change up within a second. What a verdict found in a list is kept with it, so that a member that is
gone changes nothing that was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.monitoring.list_member import checked_member
from sekisho.domain.monitoring.listing import Member
from sekisho.domain.monitoring.problem import did_you_mean
from sekisho.domain.monitoring.rule import DeclaredList
from sekisho.domain.monitoring.rule_set import RuleSetState
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.publish_rules import checked_reason
from sekisho.flows.rules_in_force import rules_in_force
from sekisho.kernel.errors import Kind as ErrorKind
from sekisho.kernel.errors import SekishoError, invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["ListShown", "add_to_list", "remove_from_list", "show_lists"]


@dataclass(frozen=True, slots=True)
class ListShown:
    """field: of the events, that the list names; empty for a list that no rules in force declare any more. members: expired ones too."""

    name: str
    field: str
    members: tuple[Member, ...]


def add_to_list(name: str, member: str, expires: datetime | None, why: str, actor: str, deps: Dependencies) -> Member:
    """expires: None stays until it is removed. One that stands there already gets the new reason and end. Raises MISSING, INVALID."""
    now, why = deps.clock(), checked_reason(why)
    if expires is not None and expires <= now:
        raise invalid("That time is past.", "expires")
    with deps.storage.transaction() as tx:
        declared = _declared(name, now, tx)
        made = Member(name, _named(declared.field, member, tx), expires, why, actor, now)
        tx.rule_lists.put(made)
        _tell("added", made, expires, why, actor, now, tx)
    return made


def remove_from_list(name: str, member: str, why: str, actor: str, deps: Dependencies) -> Member:
    """Also from a list that is declared no more. Raises MISSING when it does not stand there."""
    now, why = deps.clock(), checked_reason(why)
    with deps.storage.transaction() as tx:
        field = next((each.field for each in _lists(now, tx) if each.name == name), "")
        wanted = _named(field, member, tx) if field else member.strip()
        spellings = (wanted, member.strip())  # the second of one that was kept when fewer were taken for the same
        found = next((one for each in spellings for one in tx.rule_lists.of(name) if one.member == each), None)
        if found is None or not tx.rule_lists.drop(name, found.member):
            raise missing(f"{member} in the list {name}")
        _tell("removed", found, found.expires, why, actor, now, tx)
    return found


def show_lists(name: str | None, deps: Dependencies) -> list[ListShown]:
    """All that rules in force or in shadow declare, or that one. Raises MISSING."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        declared = _lists(now, tx) if name is None else [_declared(name, now, tx)]
        return [ListShown(each.name, each.field, tuple(tx.rule_lists.of(each.name))) for each in declared]


def _lists(now: datetime, tx: Transaction) -> list[DeclaredList]:
    found: dict[str, DeclaredList] = {}
    for rules in (tx.rule_sets.in_state(RuleSetState.SHADOW), rules_in_force(now, tx)):
        book = None if rules is None else read_rules(rules.text)
        if book is not None and not isinstance(book, tuple):
            found |= {each.name: each for each in book.lists}
    return sorted(found.values(), key=lambda each: each.name)


def _declared(name: str, now: datetime, tx: Transaction) -> DeclaredList:
    lists = _lists(now, tx)
    found = next((each for each in lists if each.name == name), None)
    if found is None:
        advice = did_you_mean(name, [each.name for each in lists])
        raise SekishoError(ErrorKind.MISSING, "No rules in force declare a list of that name.", advice or name)
    return found


def _named(field: str, member: str, tx: Transaction) -> str:
    """As events carry it: accounts and traders by our ids."""
    wanted = checked_member(field, member)
    if field == "account":
        account = tx.accounts.by_number(wanted.upper())
        if account is None:
            raise missing(f"account {wanted}")
        return account.id
    if field == "trader":
        record = tx.traders.by_username(wanted.lower())
        if record is None:
            raise missing(f"trader {wanted}")
        return record.trader.id
    return wanted


def _tell(what: str, member: Member, expires: datetime | None, why: str, actor: str, now: datetime, tx: Transaction) -> None:
    """The member itself may be personal: an address, a payee."""
    until = None if expires is None else expires.isoformat(timespec="seconds")
    facts: dict[str, Fact] = {"list": member.list, "why": why, "expires": until}
    event = Event(EventKind.RULE_LIST_CHANGED, actor=actor, reason=what, facts=facts, personal={"member": member.member})
    tx.audit.append(event, now)
