"""How many codes are sent: per lane, and for the whole firm (R3; N25, V6.6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sekisho.kernel.bounds import within
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused

__all__ = ["SendPolicy"]


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """The numbers of sends.

    per_lane: codes to one trader from one lane within `lane_window`.
    lane_window: the shorter window of a lane.
    per_lane_daily: codes to one trader from one lane within 24 h.
    per_firm_hourly: codes of the whole firm in an hour; beyond it nothing is sent and the desk is alerted (SMS pumping).
    countries: country codes of phones that are served, such as "+81"; empty serves none.
    """

    per_lane: int = 5
    lane_window: timedelta = timedelta(minutes=15)
    per_lane_daily: int = 10
    per_firm_hourly: int = 5000
    countries: tuple[str, ...] = ("+81",)

    def __post_init__(self) -> None:
        within("per_lane", self.per_lane, 1, 20, source="R3")
        within("lane_window", self.lane_window, timedelta(minutes=1), timedelta(hours=1), source="R3")
        within("per_lane_daily", self.per_lane_daily, self.per_lane, 50, source="R3")
        within("per_firm_hourly", self.per_firm_hourly, 1, 1_000_000, source="R3")
        for country in self.countries:
            if not (country.startswith("+") and country[1:].isdigit() and 1 <= len(country) - 1 <= 3):
                raise ValueError(f'countries must be country codes such as "+81", not {country!r}')

    def admits(self, lane_sends: Sequence[datetime], firm_sends: int, country: str | None, now: datetime) -> Decision:
        """lane_sends: times of this trader's sends in this lane in the last 24 h; firm_sends: the firm's in the last hour.

        country: of the phone that the code goes to; None for a code by mail.
        """
        if country is not None and country not in self.countries:
            return Refused(Reason.COUNTRY_NOT_SERVED)
        recent = [at for at in lane_sends if now - at < self.lane_window]
        if firm_sends >= self.per_firm_hourly:
            return Refused(Reason.FIRM_SENDS_EXHAUSTED)
        if len(recent) >= self.per_lane or len(lane_sends) >= self.per_lane_daily:
            return Refused(Reason.SENDS_EXHAUSTED)
        return Allowed()
