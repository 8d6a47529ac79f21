"""What Linux tells about processes: CPU, memory, bytes read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["busy_seconds", "cpu_seconds", "pss_of", "read_bytes", "tree"]

Result = TypeVar("Result")
_TICK = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    found = [root]
    for one in found:
        found.extend(children.get(one, []))
    return found


def cpu_seconds(root: int) -> float:
    """CPU time of the tree's living threads, to the nanosecond where the kernel tells it, else to the tick."""
    return sum(_scheduled(one) for one in tree(root))


def pss_of(pid: int) -> int:
    """Bytes of a process's proportional set size: a page that several processes share is divided among them."""
    return _number(pid, "smaps_rollup", r"^Pss: +([0-9]+) kB") * 1024


def read_bytes(root: int) -> tuple[int, int]:
    """(bytes that read calls returned, bytes fetched from the disk itself) by the tree."""
    pids = tree(root)
    return sum(_number(one, "io", r"^rchar: ([0-9]+)") for one in pids), sum(_number(one, "io", r"^read_bytes: ([0-9]+)") for one in pids)


def busy_seconds() -> float:
    """CPU seconds that the whole machine has spent on anything."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / _TICK  # all but idle and waiting for a disk


def _scheduled(pid: int) -> float:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except (OSError, IndexError):
        stat = _stat(pid)
        return (int(stat[11]) + int(stat[12])) / _TICK if stat else 0.0


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on; the name before them may hold anything."""
    return _quietly(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split(), [])


def _number(pid: int, file: str, pattern: str) -> int:
    found = re.search(pattern, _quietly(lambda: Path(f"/proc/{pid}/{file}").read_text(), ""), re.MULTILINE)
    return int(found[1]) if found else 0


def _quietly(read: Callable[[], Result], otherwise: Result) -> Result:
    """A process may end while it is looked at."""
    try:
        return read()
    except OSError:
        return otherwise
