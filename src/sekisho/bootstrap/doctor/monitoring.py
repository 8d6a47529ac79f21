"""The event log and the rules that judge it (R13, R14): an owner that nobody replaces, or rules that cannot be read, hold every order."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from sekisho.adapters.engines.writer import LEASE
from sekisho.adapters.storage.diagnosis import holder_of
from sekisho.bootstrap.doctor.finding import Finding, fail, fine, warn
from sekisho.bootstrap.doctor.scene import Scene
from sekisho.domain.monitoring.rule_set import RuleSetState
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.flows.own_events import Own
from sekisho.flows.rules_in_force import rules_in_force
from sekisho.kernel.times import from_ms, utc_now

__all__ = ["event_intake", "log_owner", "rules"]

_LATE = timedelta(minutes=1)


def log_owner(scene: Scene) -> Finding:
    with scene.reading() as (_, line):
        held = holder_of(LEASE, line)
    if held is None or held.until < utc_now():
        return warn("nobody owns the event log: what the broker sends waits for 5 s, then is answered 503", "start `sekisho serve`")
    return fine(f"owned by {held.name.rpartition(':')[0]}")


def rules(scene: Scene) -> Finding:
    with scene.reading() as (tx, _):
        found, proposed = rules_in_force(scene.now, tx), tx.rule_sets.in_state(RuleSetState.PROPOSED)
    book = read_rules(found.text)
    if isinstance(book, tuple):
        return fail(f"version {found.version} cannot be read: {book[0]}", "sekisho rules rollback --reason …, or publish a mended file")
    waits = f"; version {proposed.version} waits for a second person" if proposed else ""
    if found.state == RuleSetState.LIVE:
        return fine(f"version {found.version}, {len(book.rules)} rules, approved by {found.decided_by}{waits}")
    return fine(f"{len(book.rules)} rules that came with Sekisho; none of your own is live{waits}")


def event_intake(scene: Scene) -> Finding:
    """What Sekisho itself saw enters the log within a second; while it waits, logins are not judged."""
    with scene.reading() as (tx, line):
        count, oldest, held = tx.events.intake_count(), tx.events.intake(1), holder_of(LEASE, line)
    seen = f"{count:,} own events wait to enter the log"
    if not oldest:
        return fine(seen)
    since = from_ms(msgspec.json.decode(oldest[0][1], type=Own).time)
    if scene.now - since < _LATE:
        return fine(seen)
    seen += f", the oldest since {since:%Y-%m-%d %H:%M} UTC"
    if held is None or held.until < utc_now():
        return warn(f"{seen}, since nobody serves", "start `sekisho serve`")
    return fail(
        f"{seen}, although the log has an owner", "the log of `sekisho serve` says why: docs/monitoring.md, When the log stands still"
    )
