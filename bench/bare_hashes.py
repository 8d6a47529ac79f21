"""The bare loop: argon2id with the server's cost, in as many threads, at the same nice value, and nothing else."""

from __future__ import annotations

import os
import threading
import time

from argon2.low_level import Type, hash_secret, verify_secret

from bench.workers import Order, obey

_NICENESS = 10  # of the server's hash threads (GATE R2)
_PASSWORD = b"correct horse battery staple"


def _run(order: Order) -> dict[str, float]:
    """order: seconds, threads, memory_kib, iterations, parallelism."""
    encoded = hash_secret(_PASSWORD, b"0" * 16, order["iterations"], order["memory_kib"], order["parallelism"], 32, Type.ID)
    counts = [0] * order["threads"]
    cpu, began = time.process_time(), time.perf_counter()
    stop = began + order["seconds"]

    def loop(number: int) -> None:
        while time.perf_counter() < stop:
            verify_secret(encoded, _PASSWORD, Type.ID)
            counts[number] += 1

    threads = [threading.Thread(target=loop, args=(number,)) for number in range(order["threads"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    return {"hashes": sum(counts), "seconds": seconds, "cpu": time.process_time() - cpu}


if __name__ == "__main__":
    os.nice(_NICENESS)
    obey(_run)
