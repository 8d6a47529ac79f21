"""New passwords in words: why one is not taken, and how hard it is to guess (N13-N20, V6.2)."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.domain.authentication.passwords import PasswordProblem
from sekisho.domain.authentication.strength import strength
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_, translator
from sekisho.web.portal.caller import PortalCaller

__all__ = ["Judgement", "judged", "problem_texts"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """score: 0 to 4. text: in the reader's language."""

    score: int
    text: str


_PROBLEMS = {
    PasswordProblem.TOO_SHORT: N_("It is too short: it needs at least %(shortest)d characters. A few words in a row are easy to remember."),
    PasswordProblem.TOO_LONG: N_("It is too long: it may have at most %(longest)d characters."),
    PasswordProblem.COMMON: N_("Many people use it, so it would be guessed at once."),
    PasswordProblem.BREACHED: N_("It stands in a list of stolen passwords, so it would be tried soon."),
    PasswordProblem.CONTAINS_NAME: N_("It contains your username."),
    PasswordProblem.CONTAINS_FIRM: N_("It contains our firm's name."),
    PasswordProblem.UNPRINTABLE: N_("It contains a character that cannot be typed everywhere."),
    PasswordProblem.SAME: N_("It is the password that you have now."),
}
_STRENGTHS = (
    N_("Strength: very weak. It would be guessed at once."),
    N_("Strength: weak. It would be guessed soon."),
    N_("Strength: fair. One more word makes it much stronger."),
    N_("Strength: good."),
    N_("Strength: very good."),
)
assert set(_PROBLEMS) == set(PasswordProblem)


def problem_texts(problems: tuple[PasswordProblem, ...], caller: PortalCaller) -> tuple[str, ...]:
    """Each reason in the reader's language."""
    policy, say = caller.deps.policies.passwords, translator(caller.exchange.language)
    return tuple(say.text(_PROBLEMS[problem], shortest=policy.shortest, longest=policy.longest) for problem in problems)


def judged(password: Secret, problems: tuple[PasswordProblem, ...], caller: PortalCaller) -> Judgement:
    """A password that would not be taken has 0 and its first reason."""
    if problems:
        return Judgement(0, problem_texts(problems, caller)[0])
    firm = caller.deps.policies.firm
    words = (firm.name, firm.short_name, *((caller.live.trader.username,) if caller.live else ()))
    score = strength(password, words)
    return Judgement(score, translator(caller.exchange.language).text(_STRENGTHS[score]))
