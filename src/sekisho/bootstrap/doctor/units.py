"""Whether systemd runs the server as `sekisho install systemd` would have it."""

from __future__ import annotations

from pathlib import Path

from sekisho.bootstrap.doctor.finding import Finding, fine, skip, warn
from sekisho.bootstrap.doctor.scene import Scene
from sekisho.bootstrap.units import HARDENED, SERVICE, TIMER

__all__ = ["installed"]

_SYSTEMD = Path("/run/systemd/system")  # is there where systemd runs
_UNITS = (Path("/etc/systemd/system"), Path("/usr/local/lib/systemd/system"), Path("/usr/lib/systemd/system"))
_MEND = "sekisho install systemd --write /etc/systemd/system; systemctl daemon-reload"


def installed(scene: Scene) -> Finding:
    """Lines that the unit lacks are named, whatever else it has: drop-ins are read as well."""
    assert scene.settings is not None
    if not _SYSTEMD.is_dir():
        return skip("systemd does not run here")
    unit = next((folder / SERVICE for folder in _UNITS if (folder / SERVICE).is_file()), None)
    if unit is None:
        return warn(f"there is no {SERVICE}", _MEND)
    parts = [unit, *sorted(Path(f"{unit}.d").glob("*.conf"))]
    lines = {line.strip() for part in parts for line in part.read_text("utf-8", "replace").splitlines()}
    lacking = [line for line in HARDENED if line not in lines]
    if lacking:
        return warn(f"{unit} lacks {', '.join(lacking)}", _MEND)
    if not any((folder / TIMER).is_file() for folder in _UNITS):
        return warn(f"{unit} is hardened; there is no {TIMER} for the nightly backup", _MEND)
    return fine(f"{unit} is hardened, {TIMER} makes the nightly backup")
