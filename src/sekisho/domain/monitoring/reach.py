"""Features that look further back than the log does: declared anew, they begin with what is left of it (R8, R14)."""

from __future__ import annotations

from datetime import timedelta

from sekisho.domain.monitoring.feature import Feature, FeatureSet
from sekisho.domain.monitoring.policy import MonitoringPolicy

__all__ = ["outlasting"]


def outlasting(features: FeatureSet, policy: MonitoringPolicy) -> dict[str, timedelta]:
    """Name and reach of each whose window with its delay is longer than events are kept. What looks at all time is not meant."""
    reaches = {
        each.name: timedelta(milliseconds=each.over + each.delay) + (policy.habit_after if each.habit else timedelta(0))
        for each in features.features
        if isinstance(each, Feature) and each.over is not None
    }
    return {name: reach for name, reach in reaches.items() if reach > policy.keep_events}
