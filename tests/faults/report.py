"""The report of the fault runs: a row for each, with its seed; a table on the terminal and a JSON file."""

from __future__ import annotations

import json
import os
import platform
import random
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["FaultReport"]


@dataclass
class FaultReport:
    """seed: of everything that is drawn; SEKISHO_FAULT_SEED repeats a run, as far as two cores repeat anything."""

    seed: int = field(default_factory=lambda: int(os.environ.get("SEKISHO_FAULT_SEED") or random.SystemRandom().randrange(2**32)))
    rows: dict[str, dict[str, object]] = field(default_factory=dict)

    def chance(self, run: str) -> random.Random:
        """Draws of one run, the same for the same seed, whatever other runs drew."""
        return random.Random(f"{self.seed} {run}")

    def add(self, run: str, **numbers: object) -> None:
        self.rows[run] = numbers

    def lines(self) -> list[str]:
        width = max((len(run) for run in self.rows), default=0)
        told = [f"{run:<{width}}  " + ", ".join(f"{_words(name)} {value}" for name, value in row.items()) for run, row in self.rows.items()]
        return [f"SEKISHO_FAULT_SEED={self.seed}", *told]

    def write(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        where = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
        path.write_text(json.dumps({"seed": self.seed, "machine": where, "runs": self.rows}, indent=2, ensure_ascii=False) + "\n")


def _words(name: str) -> str:
    return name.replace("_", " ")
