#!/usr/bin/env python3
"""Prints the reference of all settings into docs/settings.md, from the settings' own declarations; what stands around it stays."""

from __future__ import annotations

import re
from pathlib import Path

from sekisho.settings import reference

PAPER = Path(__file__).parent.parent / "docs" / "settings.md"


def main() -> None:
    text = PAPER.read_text("utf-8")
    head = text[: text.index("### `[")]
    after = re.search(r"^## (?!#)", text[text.index("### `[") :], re.MULTILINE)
    tail = text[text.index("### `[") + after.start() :] if after else ""
    PAPER.write_text(head + reference().rstrip("\n") + "\n" + (f"\n{tail}" if tail else ""), "utf-8")


if __name__ == "__main__":
    main()
