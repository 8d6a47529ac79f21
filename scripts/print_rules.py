#!/usr/bin/env python3
"""Prints the tables of docs/rules.md anew: the shipped rules, and the kinds of event with their fields."""

from __future__ import annotations

import re
from pathlib import Path

from sekisho.domain.monitoring.event import ALWAYS, FIELDS, KINDS
from sekisho.domain.monitoring.shipped import shipped_book

PAPER = Path(__file__).parent.parent / "docs" / "rules.md"


def shipped_table() -> str:
    rows = [f"| `{rule.name}` | {rule.verdict or f'{rule.points} points'} | {rule.about_en} |" for rule in shipped_book().rules]
    return "\n".join(["| rule | then | watches for |", "|---|---|---|", *rows])


def kinds_table() -> str:
    rows = []
    for kind, shape in KINDS.items():
        needs = " ".join(f"`{name}`" for name in FIELDS if name in shape.needs and name not in ALWAYS)
        extra = " ".join(f"`{name}`{'' if name in shape.needs else '?'}" for name in shape.extra)
        rows.append(f"| `{kind}` | {needs or '–'} | {extra or '–'} |")
    return "\n".join(["| kind | always has | fields of its own (`?`: may be missing) |", "|---|---|---|", *rows])


def main() -> None:
    text = PAPER.read_text("utf-8")
    for table in (shipped_table(), kinds_table()):
        head = re.escape(table.split("\n", 1)[0])
        text = re.sub(rf"^{head}\n(?:\|.*\n)+", lambda _, table=table: table + "\n", text, flags=re.MULTILINE)
    PAPER.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
