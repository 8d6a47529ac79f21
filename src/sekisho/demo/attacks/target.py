"""The demo that is attacked, as its ready file tells of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekisho.kernel.errors import invalid

__all__ = ["Target", "find_target"]


@dataclass(frozen=True, slots=True)
class Target:
    base_url: str
    ca_file: str
    broker_key: str
    outbox: Path
    traders: Mapping[str, Mapping[str, Any]]

    def codes(self, username: str) -> list[str]:
        """Security codes that went to this trader's phone, oldest first."""
        phone = self.traders[username]["phone"]
        lines = [json.loads(line) for line in self.outbox.read_text("utf-8").splitlines() if line.endswith("}")]
        return [line["code"] for line in lines if line["to"] == phone and line["code"]]


def find_target(ready_file: Path) -> Target:
    """Raises SekishoError INVALID when no demo runs there."""
    try:
        told = json.loads(ready_file.read_text("utf-8"))
        traders = {one["username"]: one for one in told["traders"]}
        return Target(told["base_url"], told["ca_file"], told["broker_api_key"], Path(told["outbox_file"]), traders)
    except (OSError, ValueError, KeyError, TypeError):
        raise invalid("No demo runs there.", f"{ready_file}: start one with `sekisho demo`, or name its folder with --data") from None
