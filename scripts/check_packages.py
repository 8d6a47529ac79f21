#!/usr/bin/env python3
"""Judges the installed packages (DESIGN §4): no GPL or AGPL anywhere, and a core install of under 60 packages and 150 MB.

The core is `sekisho` with what it requires, followed through the metadata of the installed packages. The LGPL is admitted (psycopg).
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MOST_PACKAGES = 60
MOST_BYTES = 150_000_000
FORBIDDEN = re.compile(r"(?<![A-Z])A?GPL|(?<!Lesser )General Public License|Affero", re.IGNORECASE)
CHOICE = re.compile(r"\bOR\b", re.IGNORECASE)


def licence(package: Distribution) -> str:
    """What the package says of its licence: an SPDX expression, else the classifiers, else the field, else its licence files' titles."""
    metadata = package.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    named = [line.rpartition("::")[2].strip() for line in metadata.get_all("Classifier", []) if line.startswith("License ::")]
    field = metadata["License"].strip().partition("\n")[0] if "License" in metadata else ""
    return "; ".join(named) or field or "; ".join(_titles(package))


def _titles(package: Distribution) -> list[str]:
    """First lines of the licence files that the package carries."""
    names = package.metadata.get_all("License-File", ["LICENSE"])
    texts = (package.read_text(f"licenses/{name}") or package.read_text(name) or "" for name in names)
    return [text.strip().partition("\n")[0] for text in texts if text.strip()]


def forbidden(text: str) -> bool:
    """Whether the licence leaves no choice but the GPL or AGPL."""
    return all(FORBIDDEN.search(choice) for choice in CHOICE.split(text))


def core() -> dict[str, Distribution]:
    """sekisho and everything its install brings, by name."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement("sekisho")]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        package = found.setdefault(name, distribution(name))
        for line in package.requires or []:
            needed = Requirement(line)
            wanted = needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in (requirement.extras or {""}))
            if wanted and (canonicalize_name(needed.name) not in found or needed.extras):
                waiting.append(needed)
    return found


def size(package: Distribution) -> int:
    """Bytes on disk of the files that the package installed."""
    paths = (Path(str(file.locate())) for file in package.files or [])
    return sum(path.stat().st_size for path in paths if path.is_file())


def main() -> int:
    faults = []
    for package in distributions():
        text = licence(package)
        if not text:
            faults.append(f"{package.name} names no licence")
        elif forbidden(text):
            faults.append(f"{package.name} is under {text}")
    installed = core()
    weight = sum(size(package) for package in installed.values())
    if len(installed) >= MOST_PACKAGES:
        faults.append(f"the core install has {len(installed)} packages; it must stay under {MOST_PACKAGES}")
    if weight >= MOST_BYTES:
        faults.append(f"the core install takes {weight / 1e6:.0f} MB; it must stay under {MOST_BYTES / 1e6:.0f} MB")
    print("\n".join(faults) or f"licences are fit; the core install has {len(installed)} packages, {weight / 1e6:.0f} MB")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
