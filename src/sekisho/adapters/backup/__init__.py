"""Backups: a signed manifest and a consistent copy of the database in one file, and the way back (R9).

Neither the master key nor the audit key is ever in it: who finds a backup can read no password, number or personal field. They must be
kept apart from it, or both are found together.
"""
