"""The mutable state of monitoring, and the one writer that owns the event log (MONITORING.md, DESIGN §4)."""
