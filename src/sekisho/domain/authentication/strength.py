"""How hard a password is to guess, as a hint while choosing one: a meter advises, it never decides (N13, J30)."""

from __future__ import annotations

import zxcvbn_rs_py

from sekisho.kernel.secrets import Secret

__all__ = ["strength"]

LONGEST = 24  # the estimate takes time that grows steeply with length, and a longer password is strong anyway


def strength(password: Secret, known_words: tuple[str, ...]) -> int:
    """0 (guessed at once) to 4 (very hard to guess). known_words: username, firm: what an attacker tries first."""
    text = password.reveal()[:LONGEST]
    if not text:
        return 0
    return int(zxcvbn_rs_py.zxcvbn(text, list(known_words)).score)
