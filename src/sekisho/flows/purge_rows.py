"""Rows that nobody needs any more are deleted: ceremonies, sends, changes; messages and logins after their retention (R8)."""

from __future__ import annotations

from datetime import timedelta

from sekisho.flows.dependencies import Dependencies

__all__ = ["purge_rows"]

CEREMONIES = timedelta(days=2)
UNFINISHED = timedelta(days=90)  # evidence that a password is out waits for the owner's next login (R3); it is rare
SENDS = timedelta(days=2)  # the daily limit looks back one (R3)
FORWARDED = timedelta(minutes=1)  # whoever waited for an answer has his 503 by then, or is dead
CHANGES = timedelta(days=7)  # a node that was away longer has been restarted


def purge_rows(keep_messages: timedelta, deps: Dependencies) -> int:
    """Returns how many rows went."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        gone = tx.ceremonies.purge(now - CEREMONIES, now - UNFINISHED) + tx.sends.purge(now - SENDS) + tx.changes.purge(now - CHANGES)
        gone += tx.logins.purge(now - deps.policies.sessions.keep_logins)
        gone += tx.webhooks.purge(now - keep_messages)
        gone += tx.forwarded.purge(now - FORWARDED)
        gone += tx.answers.purge(now - deps.policies.broker_access.keep_answers)
        return gone + tx.inbox.purge(now - keep_messages) + tx.outbox.purge(now - keep_messages)
