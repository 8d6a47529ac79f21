"""Lists of networks at the broker's door: as staff keep them, an account's or a delegate's, never a holder's own (R5)."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from sekisho.domain.ip_restrictions import AddressList, Entries, LineNote
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.staff_addresses import Target, cancel_by_staff, change_by_staff, list_for_staff
from sekisho.flows.unlock_login import checked_staff_act
from sekisho.web.broker import documents as d
from sekisho.web.broker.answers import BrokerVisit, answered, answered_once, quietly
from sekisho.web.http.faults import refused_fields

__all__ = ["cancelled_list", "changed_list", "shown_list"]


def shown_list(target: Target, deps: Dependencies) -> Response:
    with quietly():
        return answered(_state(list_for_staff(target, deps)[1]))


def changed_list(target: Target, visit: BrokerVisit, deps: Dependencies) -> Response:
    asked = visit.json(d.ListChange)
    staff_act = checked_staff_act(visit.caller.actor, asked.reason, asked.identity_check)

    def act(joined: Dependencies) -> d.ListState:
        done = change_by_staff(target, "\n".join(asked.networks), staff_act, joined)
        if done.change is None:
            raise refused_fields({f"networks[{max(0, one.line - 1)}]": one.text % one.values for one in done.problems}, "networks")
        return _state(done.change.after, done.mended)

    return answered_once(visit, 200, act, deps)


def cancelled_list(target: Target, visit: BrokerVisit, deps: Dependencies) -> Response:
    asked = visit.json(d.ListCancelled)
    staff_act = checked_staff_act(visit.caller.actor, asked.reason, asked.identity_check)
    return answered_once(visit, 200, lambda joined: _state(cancel_by_staff(target, staff_act, joined)), deps)


def _state(kept: AddressList, mended: Iterable[LineNote] = ()) -> d.ListState:
    pending = None if kept.pending is None else _entries(kept.pending)
    notes = [f"networks[{one.line - 1}]: {one.text % one.values}" for one in mended]
    return d.ListState(kept.version, _entries(kept.entries), pending, kept.due, notes)


def _entries(entries: Entries) -> list[d.ListEntry]:
    return [d.ListEntry(str(one.network), one.label, one.since, one.until) for one in entries]
