"""A server whose snapshots lie near each other, so that a short storm crosses some; nothing else differs (by a `sitecustomize`)."""

from __future__ import annotations

import os
from pathlib import Path

from tests.faults.processes import Brokerage

__all__ = ["EVENTS", "snapshots_near"]

EVENTS = 2_000
_NEAR = f"""
import datetime, sys
from importlib.util import find_spec

class Near:
    def find_spec(self, name, path=None, target=None):
        if name != "sekisho.bootstrap.monitoring":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        load = spec.loader.exec_module
        def near(module):
            load(module)
            module._SNAPSHOT_EVERY, module._SNAPSHOT_PAUSE = {EVENTS}, datetime.timedelta(seconds=1)
        spec.loader.exec_module = near
        return spec

sys.meta_path.insert(0, Near())
"""


def snapshots_near(folder: Path, house: Brokerage) -> None:
    """From its next start on."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_NEAR)
    house.more_env |= {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}
