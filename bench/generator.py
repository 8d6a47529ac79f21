"""The load generator: a process of its own, whose CPU time is counted apart. It takes orders (see `workers`).

Open loop: a request leaves when it is due, whatever became of those before, and its time runs from when it was due: no coordinated
omission. Closed loop: a connection asks again when it has its answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections import Counter
from itertools import cycle
from typing import Any

from bench.client import Answer, Connection, tls_context
from bench.workers import Order

_TIMES_KEPT = 100_000
Measured = tuple[list[float], dict[str, int], int]


class Generator:
    def __init__(self, port: int, ca_file: str) -> None:
        self._port = port
        self._context = tls_context(ca_file)
        self._connections: dict[str, Connection] = {}

    async def obey(self, order: Order) -> object:
        """order: do, and what that needs."""
        if order["do"] == "nice":
            os.nice(order["by"])
            return None
        asks = [self._ask(one) for one in order["requests"]]
        await asyncio.gather(*(connection.open() for connection in self._connections.values()))
        measure = _open_loop if order["do"] == "open" else _closed_loop
        cpu = _cpu()
        began = time.perf_counter()
        times, statuses, late = await measure(asks, order)
        return {
            "times": times[:_TIMES_KEPT],
            "statuses": statuses,
            "late": late,
            "seconds": time.perf_counter() - began,
            "cpu": _cpu() - cpu,
        }

    def _ask(self, request: dict[str, Any]) -> Any:
        """A call that sends this request on the connection of its source; with `own` (a number) on one of several from there.

        With `tokens` in place of `token` each call takes the next of them, with `bodies` in place of `body` likewise.
        """
        source = request["source"]
        name = f"{source} {request.get('own', '')}"
        connection = self._connections.setdefault(name, Connection(self._port, source, self._context))
        if "bodies" in request:
            bodies = cycle([json.dumps(one).encode() for one in request["bodies"]])
            return lambda: connection.post(request["path"], next(bodies), request["token"])
        if "body" in request:
            body = json.dumps(request["body"]).encode()
            return lambda: connection.post(request["path"], body)
        tokens = cycle(request.get("tokens") or [request.get("token", "")])
        return lambda: connection.get(request["path"], next(tokens))


async def _closed_loop(asks: list[Any], order: Order) -> Measured:
    """Every request over and over on its own connection. order: seconds, or each (how many times). Late: what ended after the window."""
    times: list[float] = []
    statuses: Counter[str] = Counter()
    late = 0
    stop = time.perf_counter() + order.get("seconds", 3600)

    async def repeat(ask: Any) -> None:
        nonlocal late
        left = order.get("each", -1)
        while left and (began := time.perf_counter()) < stop:
            answer: Answer = await ask()
            left -= 1
            if answer.at > stop:
                late += 1
                return
            times.append(answer.at - began)
            statuses[str(answer.status)] += 1

    await asyncio.gather(*(repeat(ask) for ask in asks))
    return times, statuses, late


async def _open_loop(asks: list[Any], order: Order) -> Measured:
    """order: rate, seconds. Requests take turns; where every connection is busy one waits, and its time runs on."""
    times: list[float] = []
    statuses: Counter[str] = Counter()
    free: asyncio.Queue[Any] = asyncio.Queue()
    for ask in asks:
        free.put_nowait(ask)
    running: set[asyncio.Task[None]] = set()

    async def send(due: float) -> None:
        ask = await free.get()
        answer: Answer = await ask()
        times.append(answer.at - due)
        statuses[str(answer.status)] += 1
        free.put_nowait(ask)

    began = time.perf_counter()
    for number in range(int(order["rate"] * order["seconds"])):
        due = began + number / order["rate"]
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(send(due))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    return times, statuses, 0


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _main(port: str, ca_file: str) -> None:
    generator = Generator(int(port), ca_file)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await generator.obey(json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
