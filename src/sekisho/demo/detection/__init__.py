"""How well rules detect: a labelled market is replayed through the real engine and the real rules, and what they said is counted.

    events ──engine──▶ feature values ──rules──▶ verdict ──with the labels──▶ caught, missed, late, false

docs/detection.md carries the figures of the shipped rules, and what the words mean.
"""
