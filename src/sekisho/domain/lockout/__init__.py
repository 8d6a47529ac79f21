"""Promise P4: "restricts account access following a specified number of failed login attempts" (R3; J15, N29-N31).

             failure (< soft)             failure (soft-th … )             time, or unlock
    open ───────────────────────▶ open ─────────────────────▶ restricted ─────────────────▶ open
                                       failure (hard-th) ────▶ restricted until unlocked

What is restricted is a login: trader × authenticator × lane. A known client has its own lane, all strangers share one, so that
strangers never lock the owner out and guessing a code never locks the password. An attempt is reserved, counted as failed, before
the secret is looked at: parallel guesses count one by one. A try while restricted is neither checked nor counted.
"""

from sekisho.domain.lockout.attempts import STRANGERS, Attempts, OpenReservation, Restriction
from sekisho.domain.lockout.policy import LockoutPolicy
from sekisho.domain.lockout.total import FailureTotal

__all__ = ["STRANGERS", "Attempts", "FailureTotal", "LockoutPolicy", "OpenReservation", "Restriction"]
