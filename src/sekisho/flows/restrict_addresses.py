"""A trader changes a list of addresses, with a dry run and a proof made for it (P3, R4, R5; I20-I25).

lines ──▶ dry run: what was mended or refused, who would have been refused ──▶ password ──▶ code ──▶ forbidden at once, allowed later
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sekisho.domain.accounts import Trader
from sekisho.domain.ip_restrictions import AddressList, Change, Exempt, Reading, change_list, read_entries
from sekisho.domain.notifications.safe_text import quotable
from sekisho.flows.address_lists import Guarded, affected_by, guarded_by, kept_list, people_to_tell
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action, quarantined, refuse_object
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.own_gate import LoginFilter, Outcome, PastLogin
from sekisho.flows.ports.storage import ChangeKind, Transaction
from sekisho.flows.step_up import spend_proof
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_, Language, translator

__all__ = ["DryRun", "Proposal", "act_text", "dry_run", "finish_restricting", "guarded_list", "keep_change", "known_addresses", "see_lists"]
__all__ += ["tell"]

_MOST_LOGINS = 500  # of a dry run; more would not be read
_SECOND = timedelta(seconds=1)  # the login of this moment counts too
ACT = N_("change the networks allowed for %(whose)s (%(count)s in all)")
ACT_LIFT = N_("allow any network for %(whose)s")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the editor wants. text: lines as he wrote them. version: of the list that he looked at."""

    owner: str
    version: int
    text: str

    def packed(self) -> str:
        return json.dumps([self.owner, self.version, self.text])

    @classmethod
    def unpacked(cls, packed: str) -> Proposal:
        return cls(*json.loads(packed))


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a change would do; nothing is kept of it. change: None while a line cannot be read.

    present: whether the editor's own present address would be refused. refused: completed logins of the last 30 days that it would have
    refused, with the trader's name, newest first; looked: at how many.
    """

    reading: Reading
    change: Change | None
    present_refused: bool
    refused: list[tuple[PastLogin, str]]
    looked: int


def see_lists(live: LiveSession, deps: Dependencies) -> list[tuple[Guarded, AddressList]]:
    """The lists that this trader may change, as they stand."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        return [(guarded, kept_list(guarded, now, tx)) for guarded in guarded_by(live.trader, now, tx)]


def guarded_list(live: LiveSession, owner: str, deps: Dependencies) -> tuple[Guarded, AddressList]:
    """One of them; else MISSING, audited (R7)."""
    found = next((pair for pair in see_lists(live, deps) if pair[0].id == owner), None)
    if found is None:
        refuse_object(live, "address_list", owner, deps)
    return found


def dry_run(live: LiveSession, proposal: Proposal, deps: Dependencies) -> DryRun:
    """Reads the lines and says what they would do. Raises MISSING, and INVALID where the change cannot be made as it stands."""
    now, policy = deps.clock(), deps.policies.ip_restrictions
    guarded, kept = guarded_list(live, proposal.owner, deps)
    reading = _read(proposal, now, deps)
    if reading.problems:
        return DryRun(reading, None, False, [], 0)
    change = change_list(kept, reading.entries, frozenset(), live.trader.id, policy, now)
    with deps.storage.reading() as tx:
        names = affected_by(guarded, now, tx)
        past = tx.logins.of(names, LoginFilter(now - policy.dry_run, now + _SECOND, Outcome.COMPLETED), _MOST_LOGINS)
    wanted = AddressList(guarded.id, 0, reading.entries, now, "")
    refused = [(login, names[login.trader]) for login in past if wanted.admits(login.trader, login.address, now).refused]
    concerned = live.trader.id in names
    return DryRun(reading, change, concerned and wanted.admits(live.trader.id, live.address, now).refused, refused, len(past))


def act_text(live: LiveSession, proposal: Proposal, deps: Dependencies) -> str | Refused:
    """What `begin_step_up` is to approve, in the words and the language of the message (J08).

    A quarantined session may not allow more (R4). Raises INVALID, CONFLICT or MISSING for a change that cannot be made.
    """
    now = deps.clock()
    guarded, kept = guarded_list(live, proposal.owner, deps)
    reading = _checked(proposal, now, deps)
    _checked_version(kept, proposal)
    change = change_list(kept, reading.entries, frozenset(), live.trader.id, deps.policies.ip_restrictions, now)
    if change.allows and quarantined(live.trader, live.session, now):
        return Refused(Reason.QUARANTINED)
    say = translator(Language(live.trader.language)).gettext
    whose = quotable(guarded.title) or say(N_("this list"))
    return say(ACT if reading.entries else ACT_LIFT) % {"whose": whose, "count": len(reading.entries)}


def finish_restricting(token: Secret, digits: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> Change | Refused:
    """Second half: the change is made as it was approved. STATE_CHANGED when somebody else changed the list meanwhile."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        proven = spend_proof(token, digits, Action.RESTRICT_ADDRESSES, live, now, tx, deps)
        if isinstance(proven, Refused):
            outcome: Change | Refused = proven
        else:
            proposal = Proposal.unpacked(proven.proposal)
            guarded = next((one for one in guarded_by(live.trader, now, tx) if one.id == proposal.owner), None)
            outcome = Refused(Reason.MANDATE_MISSING) if guarded is None else _change(guarded, proposal, live, now, tx, deps)
    _forget(outcome, deps)
    return outcome


def _change(
    guarded: Guarded, proposal: Proposal, live: LiveSession, now: datetime, tx: Transaction, deps: Dependencies
) -> Change | Refused:
    kept, reading = kept_list(guarded, now, tx, lock=True), _read(proposal, now, deps)
    if kept.version != proposal.version or reading.problems:
        return Refused(Reason.STATE_CHANGED)  # somebody else was quicker, or a day has passed: the proof is spent all the same
    change = change_list(kept, reading.entries, known_addresses(guarded, now, tx, deps), live.trader.id, deps.policies.ip_restrictions, now)
    if change.allows and quarantined(live.trader, live.session, now):
        return Refused(Reason.QUARANTINED)
    keep_change(guarded, change, live.trader, live.trader.id, {}, now, tx, deps)
    return change


def keep_change(
    guarded: Guarded,
    change: Change,
    by: Trader | None,
    actor: str,
    facts: dict[str, Fact],
    now: datetime,
    tx: Transaction,
    deps: Dependencies,
) -> None:
    """Store, tell the nodes, the audit and the owners. by: None for staff."""
    after = change.after
    tx.address_lists.save(after)
    if guarded.trader is not None:
        tx.changes.append(ChangeKind.TRADER, guarded.trader, now)
    counts: dict[str, Fact] = {"version": after.version, "networks": len(after.entries), "forbids": change.forbids, "allows": change.allows}
    listed: dict[str, Fact] = {"networks": _listed(after)}
    whose = (guarded.trader, guarded.account)
    event = Event(EventKind.ADDRESS_LIST_CHANGED, actor, *whose, facts={**counts, **facts}, personal=listed)
    tx.audit.append(event, now)
    hours = int(deps.policies.ip_restrictions.delay.total_seconds() // 3600)
    params: dict[str, Fact] = {"whose": guarded.title, "who": by.name if by else deps.policies.firm.name, "hours": hours}
    kinds = [NoticeKind.ADDRESSES_TIGHTENED] * change.forbids + [NoticeKind.ADDRESSES_LOOSENING] * change.allows
    for kind in kinds:
        tell(guarded, kind, params, by, now, tx, deps)


def tell(
    guarded: Guarded, kind: NoticeKind, params: dict[str, Fact], by: Trader | None, now: datetime, tx: Transaction, deps: Dependencies
) -> None:
    """The owners of the list, and whoever changed it."""
    people = people_to_tell(guarded, now, tx) + ([by.id] if by else [])
    for person in dict.fromkeys(people):
        record = tx.traders.get(person)
        if record is not None:
            notify(kind, record, params, now, tx, deps)


def known_addresses(guarded: Guarded, now: datetime, tx: Transaction, deps: Dependencies) -> frozenset[Exempt]:
    """From where those concerned are used to log in (R5)."""
    policy = deps.policies.ip_restrictions
    return frozenset(
        Exempt(trader, address)
        for trader in affected_by(guarded, now, tx)
        for address in tx.logins.completed_addresses(trader, now - policy.known_within, policy.known_apart)
    )


def _read(proposal: Proposal, now: datetime, deps: Dependencies) -> Reading:
    return read_entries(proposal.text, deps.policies.firm.time_zone, deps.policies.ip_restrictions.largest_list, now)


def _checked(proposal: Proposal, now: datetime, deps: Dependencies) -> Reading:
    reading = _read(proposal, now, deps)
    if reading.problems:
        lines = ", ".join(str(problem.line) for problem in reading.problems[:10])
        raise SekishoError(Kind.INVALID, "Some lines of the list cannot be read.", f"lines {lines}")
    return reading


def _checked_version(kept: AddressList, proposal: Proposal) -> None:
    if kept.version != proposal.version:
        raise SekishoError(Kind.CONFLICT, "Somebody else has changed this list meanwhile. Look at it as it is now, and begin again.")


def _listed(after: AddressList) -> str:
    networks = [str(entry.network) for entry in (after.entries if after.pending is None else after.pending)]
    return ", ".join(networks[:50]) + (f" and {len(networks) - 50} more" if len(networks) > 50 else "")


def _forget(outcome: Change | Refused, deps: Dependencies) -> None:
    if not isinstance(outcome, Refused):
        deps.memory.forget_trader(outcome.after.owner)
        deps.outbox_ready()
