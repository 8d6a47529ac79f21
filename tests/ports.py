"""Ports for the servers that tests start. A port that the kernel lends to outgoing connections may be taken between the look and the start;
these lie below its usual range (32,768 to 60,999), and each test process counts through a range of its own."""

from __future__ import annotations

import itertools
import os
import socket

__all__ = ["free_port"]

_RANGES, _RANGE = 5, 4_000
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _RANGES
_PORTS = itertools.cycle(range(12_000 + _RANGE * _WORKER, 12_000 + _RANGE * (_WORKER + 1)))
_BEGIN = os.getpid() % 2_000  # another run on this machine begins elsewhere
next(itertools.islice(_PORTS, _BEGIN, _BEGIN), None)


def free_port() -> int:
    """The next port of loopback that nobody listens at; it comes again only after 4,000 others."""
    for port in itertools.islice(_PORTS, _RANGE):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: one that has just ended is in nobody's way
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")
