"""A brokerage's days, made from a seed: honest traders with their habits and noise, and attackers among them (MONITORING.md).

    plan ──▶ calendar ──▶ each day: honest sessions + due attacks ──▶ events in order of time, and labels beside them

Pure generation: no clock, no network; the same plan gives the same bytes. docs/simulator.md states every assumption.
"""
