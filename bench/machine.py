"""The machine that figures were taken on."""

from __future__ import annotations

import os
import platform
import ssl
import time
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["cores", "describe", "fsync_milliseconds"]


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def describe(folder: Path) -> dict[str, Any]:
    """folder: where the database of the bench lies."""
    return {
        "cpu": _cpu_model(),
        "cores": cores(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "tls": ssl.OPENSSL_VERSION,
        "fsync_ms": fsync_milliseconds(folder),
        "load_before": round(os.getloadavg()[0], 2),
    }


def fsync_milliseconds(folder: Path, times: int = 50) -> float:
    """The median of writing 4 KiB and waiting until they are on the disk."""
    path, taken = folder / "fsync", []
    with path.open("wb") as file:
        for _ in range(times):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    path.unlink()
    return round(median(taken) * 1000, 3)


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
