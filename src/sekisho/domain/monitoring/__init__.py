"""Promise P7: "we employ state-of-the-art transaction monitoring systems" (J16-J19): one definition of events, features and rules.

    event ──accepted: `at` and sequence──▶ features ──▶ rules and points ──▶ verdict: allow · challenge · hold · refuse

An event is accepted once, in one order; a feature is declared once and means the same online, in replay and in a reference; a rule is
text that an analyst reads. The mutable state of windows lives in `adapters/engines`.
"""
