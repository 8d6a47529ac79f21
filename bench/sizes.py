"""Time to start, memory of the running server, size of an installation (DESIGN §4, §7)."""

from __future__ import annotations

import re
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.metadata import Distribution, PackageNotFoundError, distribution, requires
from pathlib import Path
from statistics import median

from bench.brokerage import Brokerage, free_port
from bench.figures import Figure, at_most, information
from bench.logins import Desk
from bench.processes import pss_of, tree
from bench.run import Run, check_request

__all__ = ["measure_installation", "measure_memory", "measure_start"]

_CHECKS, _LOGINS = 80, 20
_REST = 1.0  # seconds
_PATIENCE = 30.0
_MEGABYTE = 1_000_000


def measure_memory(brokerage: Brokerage) -> list[Figure]:
    """PSS of the whole process tree of a fresh `sekisho serve`, after 80 session checks and 20 logins: at once, and a second later,
    when the buffers of the hashes have gone back.
    """
    with brokerage.serving() as server:
        run = Run(brokerage, server, 1)
        with Desk(run) as desk, run.generator() as generator:
            done = [(desk.log_in(trader), trader) for trader in brokerage.take(_LOGINS)]
            requests = [check_request(one.session_token, trader.source) for one, trader in done]
            generator.ask(do="closed", requests=requests, each=_CHECKS // _LOGINS)
        at_once = _memory_of(server.pid)
        time.sleep(_REST)
        each = _memory_of(server.pid)
    return [
        at_most("memory of serve (PSS of all its processes)", sum(each), 170, "MB", processes=each),
        information("the same, in the moment of the last login", sum(at_once), "MB", processes=at_once),
    ]


def _memory_of(server: int) -> list[float]:
    return [pss_of(pid) / _MEGABYTE for pid in tree(server)]


def measure_start() -> list[Figure]:
    """`sekisho --help`, the median of five; and the first page of `sekisho demo`, from an empty folder."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bench.sekisho", "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return [at_most("sekisho --help", median(times), 0.5, "s"), at_most("first page of sekisho demo", _first_page(), 5, "s")]


def _first_page() -> float | None:
    """Seconds until `/` answers over TLS; None when the demo does not start."""
    with tempfile.TemporaryDirectory() as folder:
        port, ready = free_port(), Path(folder) / "ready.json"
        command = [sys.executable, "-m", "bench.sekisho", "demo", "--data", f"{folder}/demo", "--ready-file", str(ready)]
        command += ["--https-port", str(port), "--http-port", str(free_port())]
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                while process.poll() is None and time.perf_counter() - began < _PATIENCE:
                    if _answers(f"https://localhost:{port}/"):
                        return time.perf_counter() - began
                    time.sleep(0.02)
                return None
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(20)


def _answers(url: str) -> bool:
    # Only whether a page comes is asked here; the certificate authority of the demo does not exist before it starts.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def measure_installation() -> list[Figure]:
    """The packages that `pip install sekisho` brings, without extras, and their size as installed here."""
    found = _closure("sekisho")
    size = sum(_size(one) for one in found.values()) + _own_size()
    names = sorted(found)
    return [
        at_most("packages of a core installation", float(len(found)), 60, "", names=names),
        at_most("size of a core installation", size / _MEGABYTE, 150, "MB"),
        information("largest package", max(map(_size, found.values())) / _MEGABYTE, "MB", name=max(names, key=lambda n: _size(found[n]))),
    ]


def _closure(root: str) -> dict[str, Distribution]:
    """Every package that this one needs, by way of others too, with the extras that are asked for."""
    from packaging.requirements import Requirement

    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(root, frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        try:
            if name != root:
                found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        for line in requires(name) or []:
            wanted = Requirement(line)
            if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append((re.sub(r"[-_.]+", "-", wanted.name).lower(), frozenset(wanted.extras)))
    return found


def _size(package: Distribution) -> int:
    """Bytes of its files. Compiled Python counts, since an installation has it."""
    paths = (Path(str(package.locate_file(file))) for file in package.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def _own_size() -> int:
    import sekisho

    return sum(path.stat().st_size for path in Path(sekisho.__file__).parent.rglob("*") if path.is_file())
