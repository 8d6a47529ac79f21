"""Judges for trying rules on the log, from the engine and the firm's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sekisho.adapters.engines.judge import RuleJudge
from sekisho.domain.monitoring.listing import Lists, Member
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.monitoring import Judge
from sekisho.flows.rehearse_rules import MakeJudge

__all__ = ["judges_of"]

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def judges_of(deps: Dependencies) -> MakeJudge:
    """With the members of lists as if they had stood there all the time."""

    def make(text: str, members: Sequence[Member]) -> Judge:
        always = [Member(one.list, one.member, None, one.why, one.added_by, _EVER) for one in members]
        return RuleJudge(0, text, None, Lists(always), deps.policies.monitoring, deps.policies.firm.time_zone)

    return make
