"""The report as rows of text, for the command line and for papers."""

from __future__ import annotations

from collections.abc import Sequence

from sekisho.demo.detection.figures import Detection

__all__ = ["about", "kinds", "markdown", "missed", "rules"]

Rows = list[dict[str, str]]


def kinds(found: Detection) -> Rows:
    return [
        {
            "kind": each.kind,
            "attacks": "plain" if each.plain else "weakened",
            "caught": f"{each.caught} of {each.attacks}",
            "recall": _percent(each.recall),
            "held": f"{each.stopped}",
            "median delay": "" if each.median_delay is None else f"{each.median_delay:,.1f} min",
            "money tried": _yen(each.moved),
            "lost": _yen(each.lost),
            "kept": _kept(each.kept),
            "kept if relayed": _kept(each.kept_if_relayed),
        }
        for each in found.kinds
    ]


def rules(found: Detection) -> Rows:
    return [
        {
            "rule": each.rule,
            "fired": f"{each.fired:,}",
            "on attackers": _percent(each.precision),
            "attacks": f"{each.attacks}",
            "alone": f"{each.alone}",
            "honest logins": f"{each.honest_logins:,} ({_percent(each.share_of_logins, 3)})",
            "honest instructions": f"{each.honest_instructions:,} ({_percent(each.share_of_instructions, 3)})",
        }
        for each in found.by_rule
    ]


def missed(found: Detection) -> Rows:
    return [
        {
            "missed": each.attack,
            "weakened": each.weakened.replace("+", ", ") or "plain",
            "money tried": _yen(each.moved),
            "lost": _yen(each.lost),
        }
        for each in found.missed
    ]


def about(found: Detection) -> Rows:
    honest = found.honest
    return [
        {
            "figure": "plain attacks caught",
            "is": _percent(found.recall),
            "of": f"{sum(each.attacks for each in found.kinds if each.plain)}",
        },
        {
            "figure": "weakened attacks caught",
            "is": _percent(found.recall_weakened),
            "of": f"{sum(each.attacks for each in found.kinds if not each.plain)}",
        },
        {
            "figure": "honest logins challenged",
            "is": _percent(honest.challenged_logins / max(1, honest.logins), 3),
            "of": f"{honest.logins:,}",
        },
        {
            "figure": "honest instructions challenged",
            "is": _percent(honest.challenged_instructions / max(1, honest.instructions), 3),
            "of": f"{honest.instructions:,}",
        },
        {"figure": "false challenges, both together, of logins", "is": _percent(honest.false_challenges, 3), "of": f"{honest.logins:,}"},
        {"figure": "honest logins held", "is": _percent(honest.held_logins / max(1, honest.logins), 3), "of": f"{honest.logins:,}"},
        {"figure": "false holds: honest instructions held", "is": _percent(honest.false_holds, 3), "of": f"{honest.instructions:,}"},
        {"figure": "precision by event", "is": _percent(found.precision), "of": ""},
        {"figure": "precision by case (account and day)", "is": _percent(found.case_precision), "of": ""},
        {"figure": "said of victims after their attack, set aside", "is": f"{honest.aside:,}", "of": ""},
    ]


def markdown(rows: Sequence[dict[str, str]]) -> str:
    """A table of a paper; nothing when there are no rows."""
    if not rows:
        return ""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', ' ') for cell in line)} |" for line in lines)


def _percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:.{digits}f} %"


def _yen(amount: int) -> str:
    return f"¥{amount / 1e6:,.1f} M" if amount else ""


def _kept(share: float | None) -> str:
    return "" if share is None else _percent(share)
