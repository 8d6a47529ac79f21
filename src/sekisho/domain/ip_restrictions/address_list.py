"""A list of addresses as it stands, and how it changes: forbidding at once, allowing after the delay (R5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.ip_restrictions.entries import Entries
from sekisho.domain.ip_restrictions.policy import IpRestrictionPolicy
from sekisho.kernel.addresses import Address
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused
from sekisho.kernel.errors import invalid

__all__ = ["AddressList", "Change", "Exempt", "change_list"]


@dataclass(frozen=True, slots=True)
class Exempt:
    """An address from which a trader is used to log in: a restriction reaches it only when the delay is over."""

    trader: str
    address: Address


@dataclass(frozen=True, slots=True)
class AddressList:
    """owner: a trader's or an account's id. version: grows with every change, so that two editors cannot overwrite each other.

    entries: allowed now; none means from anywhere. pending: what will stand at `due`, where a change allows more.
    before: what stood before a restriction, to be taken back until `due`. exempt: see Exempt; until `due`.
    """

    owner: str
    version: int
    entries: Entries
    changed: datetime
    changed_by: str
    pending: Entries | None = None
    before: Entries | None = None
    exempt: frozenset[Exempt] = frozenset()
    due: datetime | None = None

    def at(self, now: datetime) -> AddressList:
        """The list as it stands then: the waiting may be over."""
        if self.due is None or now < self.due:
            return self
        entries = self.entries if self.pending is None else self.pending
        return replace(self, entries=entries, pending=None, before=None, exempt=frozenset(), due=None)

    def admits(self, trader: str, address: Address | None, now: datetime) -> Decision:
        """Whether this trader may come from there. None: nobody vouches for the address, so no list can hold it."""
        stands = self.at(now)
        if not stands.entries:
            return Allowed()
        if address is None:
            return Refused(Reason.ADDRESS_UNKNOWN)
        if stands.entries.admits(address, now) or (stands.exempt and Exempt(trader, address) in stands.exempt):
            return Allowed()
        return Refused(Reason.ADDRESS_REFUSED)

    def cancelled(self, by: str, now: datetime) -> AddressList:
        """What waits is dropped; what a restriction forbade stays forbidden. SekishoError INVALID when nothing waits."""
        stands = self.at(now)
        if stands.pending is None:
            raise invalid("There is no change waiting any more.", "address list")
        return replace(stands, version=self.version + 1, pending=None, changed=now, changed_by=by)

    def taken_back(self, by: str, now: datetime) -> AddressList:
        """As it stood before the restriction. SekishoError INVALID when the delay is over."""
        stands = self.at(now)
        if stands.before is None:
            raise invalid("This restriction can no longer be taken back. Change the list instead.", "address list")
        return AddressList(self.owner, self.version + 1, stands.before, now, by)


@dataclass(frozen=True, slots=True)
class Change:
    """A list after a change. forbids: it takes something away, at once. allows: it adds something, at `after.due`."""

    after: AddressList
    forbids: bool
    allows: bool


def change_list(
    current: AddressList, wanted: Entries, exempt: frozenset[Exempt], by: str, policy: IpRestrictionPolicy, now: datetime
) -> Change:
    """exempt: the known addresses; empty where the change was made with a phishing-resistant authenticator (R5).

    SekishoError INVALID for a change that would let nobody in until the delay is over.
    """
    stands = current.at(now)
    forbids = bool(wanted) and not (stands.entries and wanted.cover(stands.entries))
    allows = bool(stands.entries) and not (wanted and stands.entries.cover(wanted))
    after = replace(stands, version=current.version + 1, changed=now, changed_by=by, pending=wanted if allows else None)
    if not allows:
        after = replace(after, entries=wanted)
    elif forbids:
        after = replace(after, entries=_common(stands.entries, wanted))
    if forbids:
        before = stands.entries if stands.before is None else stands.before
        after = replace(after, before=before, exempt=exempt)
    waits = allows or after.before is not None
    return Change(replace(after, due=now + policy.delay if waits else None), forbids, allows)


def _common(entries: Entries, wanted: Entries) -> Entries:
    both = entries.shared(wanted)
    if not both:
        raise invalid(
            "Nobody could log in until the new networks take effect. Add them first; remove the old ones once they are active.",
            "address list",
        )
    return both
