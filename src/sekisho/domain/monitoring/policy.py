"""The numbers of monitoring, with their bounds and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sekisho.kernel.bounds import within

__all__ = ["MonitoringPolicy"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MonitoringPolicy:
    """When points become a verdict, how much is remembered, and what is taken.

    challenge_at: points from which further proof is asked.
    hold_at: points from which an instruction is held.
    refuse_at: points from which it is refused.
    largest_window: events kept for one feature and key; when more come the oldest is left out, and counted.
    habit_after: so long undisputed, and a device, network or payee is a habit (R14).
    dispute_reach: a customer's No reaches back so far to the logins behind it: none of them makes anything known (R14).
    latest: an event that comes later than this is logged and not evaluated (R14).
    habit_latest: one that comes later than this builds no habit (R14).
    ahead: an event from further in the future is refused (R14).
    order_life: how long the verdict on an order holds (R13).
    instruction_life: how long that on a withdrawal or bank change holds (R13).
    keep_events: how long events are kept (R8).
    keep_instructions: how long settled instructions are kept; 7 years, as the audit entries that name them (JSDA J18, R8). An open one
        stays, and so does one whose event is still kept.
    queue: events that may wait to be written; more are answered 429. A whole batch of 1,000 has to find room.
    login_wait: the longest that a login waits, before its session is handed out, for what the rules say of it; 0 does not wait.
    blast_radius: the largest share of customers that a new rule may hold without being told to.
    """

    challenge_at: int = 40
    hold_at: int = 70
    refuse_at: int = 100
    largest_window: int = 10_000
    habit_after: timedelta = timedelta(days=7)
    dispute_reach: timedelta = timedelta(days=30)
    latest: timedelta = timedelta(hours=24)
    habit_latest: timedelta = timedelta(minutes=5)
    ahead: timedelta = timedelta(seconds=5)
    order_life: timedelta = timedelta(seconds=30)
    instruction_life: timedelta = timedelta(minutes=5)
    keep_events: timedelta = timedelta(days=730)
    keep_instructions: timedelta = timedelta(days=7 * 365)
    queue: int = 20_000
    login_wait: timedelta = timedelta(milliseconds=500)
    blast_radius: float = 0.005

    def __post_init__(self) -> None:
        for name in ("challenge_at", "hold_at", "refuse_at"):
            within(f"monitoring.{name}", getattr(self, name), 1, 100_000, source="MONITORING: score and verdict")
        if not self.challenge_at <= self.hold_at <= self.refuse_at:
            raise ValueError("monitoring.challenge_at, hold_at and refuse_at grow in that order")
        within("monitoring.largest_window", self.largest_window, 100, 1_000_000, source="MONITORING: memory per key")
        within("monitoring.habit_after", self.habit_after, _DAY, timedelta(days=90), source="R14")
        within("monitoring.dispute_reach", self.dispute_reach, timedelta(days=7), timedelta(days=400), source="R14")
        within("monitoring.latest", self.latest, timedelta(minutes=5), timedelta(days=7), source="R14")
        within("monitoring.habit_latest", self.habit_latest, timedelta(0), timedelta(hours=1), source="R14")
        within("monitoring.ahead", self.ahead, timedelta(0), timedelta(seconds=60), source="R14")
        within("monitoring.order_life", self.order_life, timedelta(seconds=1), timedelta(minutes=5), source="R13")
        within("monitoring.instruction_life", self.instruction_life, timedelta(seconds=30), timedelta(hours=1), source="R13")
        within("monitoring.keep_events", self.keep_events, timedelta(days=90), timedelta(days=3660), source="R8")
        within("monitoring.keep_instructions", self.keep_instructions, timedelta(days=365), timedelta(days=10_950), source="JSDA J18, R8")
        within("monitoring.queue", self.queue, 1_000, 1_000_000, source="back-pressure instead of loss")
        within("monitoring.login_wait", self.login_wait, timedelta(0), timedelta(seconds=2), source="a login does not hang on monitoring")
        within("monitoring.blast_radius", self.blast_radius, 0.0, 1.0, source="MONITORING: rules")
