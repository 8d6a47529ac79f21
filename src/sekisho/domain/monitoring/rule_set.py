"""Versions of the rules, and who may put one in force (MONITORING.md §Rules, R12: four eyes).

             another person, after a test                another version is approved
    proposed ─────────────────────────▶ live ───────────────────────────────────────▶ retired
        │ shadow       ▲                 │ rolled back: refused                          │
        ├────▶ shadow ─┘                 └───────────────────────▶ refused ◀─ refused ───┤ (one step back only)
        └────────────────────────────────── refused ───────────────▲     live ◀─rollback─┘

Whoever proposes a version does not approve it. A rollback takes one person: it is the way out when rules hold honest customers, what
comes back was approved by two before, and it goes back one step alone; each further step is a proposal. `shipped` are the rules that
came with Sekisho, kept as they were so that a verdict can be computed again; they are in force while no version is live.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sekisho.domain.monitoring.blast_radius import BlastRadius
from sekisho.kernel.errors import Kind, SekishoError

__all__ = ["RuleSet", "RuleSetState", "admit_blast_radius"]


class RuleSetState(StrEnum):
    PROPOSED = "proposed"
    SHADOW = "shadow"  # judges beside the live one, and changes nothing
    LIVE = "live"
    RETIRED = "retired"  # was live, or in shadow, until another came
    REFUSED = "refused"
    SHIPPED = "shipped"


_WAITING = (RuleSetState.PROPOSED, RuleSetState.SHADOW)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A version of the rules. fingerprint: of their meaning. tested: what the last test said, as JSON. replaced: the version that was in
    force before this one, as long as it can be brought back."""

    version: int
    state: str
    text: str
    fingerprint: str
    proposed: datetime
    proposed_by: str
    why: str
    decided: datetime | None = None
    decided_by: str | None = None
    decision: str | None = None
    tested: str | None = None
    replaced: int | None = None

    def approve(self, by: str, why: str, former: int, now: datetime) -> RuleSet:
        """former: the version in force until now. Raises FORBIDDEN for the proposer, CONFLICT when it waits for nobody."""
        self.admit_approval(by)
        return replace(self._decided(RuleSetState.LIVE, by, why, now), replaced=former)

    def admit_approval(self, by: str) -> None:
        """Raises as `approve`."""
        self._waits()
        if by == self.proposed_by:
            raise SekishoError(Kind.FORBIDDEN, "Whoever proposed these rules cannot approve them: another person has to.", by)

    def put_in_shadow(self, by: str, why: str, now: datetime) -> RuleSet:
        """Changes nothing for anybody, so one person is enough."""
        self._waits()
        return self._decided(RuleSetState.SHADOW, by, why, now)

    def refuse(self, by: str, why: str, now: datetime) -> RuleSet:
        self._waits()
        return self._decided(RuleSetState.REFUSED, by, why, now)

    def retire(self) -> RuleSet:
        return replace(self, state=RuleSetState.RETIRED)

    def roll_back(self, by: str, why: str, now: datetime) -> RuleSet:
        """What is live ends; its version has to be proposed anew. Raises CONFLICT when there is no step back."""
        if self.state != RuleSetState.LIVE or self.replaced is None:
            raise SekishoError(Kind.CONFLICT, "There is no version to go back to. Propose the rules that are wanted.", "one step back only")
        return self._decided(RuleSetState.REFUSED, by, why, now)

    def brought_back(self, by: str, why: str, now: datetime) -> RuleSet:
        """Live again, and from here nobody goes further back alone."""
        return replace(self._decided(RuleSetState.LIVE, by, why, now), replaced=None)

    def _waits(self) -> None:
        if self.state not in _WAITING:
            raise SekishoError(Kind.CONFLICT, "This version of the rules was decided already.", f"version {self.version} is {self.state}")

    def _decided(self, state: RuleSetState, by: str, why: str, now: datetime) -> RuleSet:
        return replace(self, state=state, decided=now, decided_by=by, decision=why)


def admit_blast_radius(found: BlastRadius, limit: float, *, accepted: bool) -> None:
    """Raises CONFLICT when more customers would be held than `monitoring.blast_radius` says, unless somebody accepts it by name."""
    if found.held <= limit or accepted:
        return
    raise SekishoError(
        Kind.CONFLICT,
        "These rules would hold more customers than monitoring.blast_radius allows. Look at the test, then accept it by name.",
        f"{found.held:.2%} would be held, {limit:.2%} is allowed; --accept-blast-radius",
    )
