"""Interim mode in words: what a code by SMS cannot protect from, and what a new login may not do yet (R4, J06, N27)."""

from __future__ import annotations

from datetime import datetime

from sekisho.web.portal.caller import PortalCaller

__all__ = ["quarantine_end"]


def quarantine_end(caller: PortalCaller) -> datetime | None:
    """Until when this login is quarantined; None when it is not."""
    live, now = caller.session, caller.deps.clock()
    moments = [moment for moment in (live.trader.quarantined_until, live.session.quarantined_until) if moment is not None and now < moment]
    return max(moments, default=None)
