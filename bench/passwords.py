"""Password steps a second, beside bare argon2id in as many threads (DESIGN §7).

Windows of both take turns, so that what else the machine does falls on both alike. The generator's own CPU time is taken from its
rusage, and the server is credited with it: on another machine it would not take part.
"""

from __future__ import annotations

from statistics import median

from bench.figures import Figure, apart_from_generator, at_least, information
from bench.machine import cores
from bench.processes import busy_seconds, cpu_seconds
from bench.run import Run, login_request
from bench.workers import Worker, worker
from sekisho.domain.authentication.hashing import HashPolicy

__all__ = ["measure"]

_TRADERS = 12  # a core, one login in flight each: the queue is never empty, and never full
_WINDOWS = 5


def measure(run: Run) -> list[Figure]:
    policy = HashPolicy()
    threads = policy.threads or cores()
    order = {"threads": threads, "memory_kib": policy.memory_kib, "iterations": policy.iterations, "parallelism": policy.parallelism}
    requests = [login_request(trader) for trader in run.brokerage.take(_TRADERS * cores())]
    steps: list[dict[str, float]] = []
    bare: list[dict[str, float]] = []
    with run.generator() as generator, worker("bare_hashes") as hashes:
        generator.ask(do="closed", requests=requests, each=2)
        for _ in range(_WINDOWS):
            steps.append(_window(run, generator, requests))
            found = hashes.ask(seconds=run.seconds, **order)
            bare.append({"rate": found["hashes"] / found["seconds"], "cpu_each": found["cpu"] / found["hashes"]})
    ratio = median(one["rate"] / other["rate"] for one, other in zip(steps, bare, strict=True))
    by_cpu = median(other["cpu_each"] / one["cpu_each"] for one, other in zip(steps, bare, strict=True))
    return [
        at_least("password steps a second ÷ bare argon2id", ratio, 0.85, "×", steps=steps, bare=bare, threads=threads),
        information("CPU of a bare hash ÷ CPU of a password step", by_cpu, "×"),
        information("CPU that other programs took meanwhile", median(one["others_cpu_share"] for one in steps) * 100, "%"),
        information("password steps a second", median(one["rate"] for one in steps), "/s"),
        information("bare argon2id a second", median(one["rate"] for one in bare), "/s"),
    ]


def _window(run: Run, generator: Worker, requests: list[dict[str, object]]) -> dict[str, float]:
    before, machine = cpu_seconds(run.server.pid), busy_seconds()
    found = generator.ask(do="closed", requests=requests, seconds=run.seconds)
    cpu = cpu_seconds(run.server.pid) - before
    done = found["statuses"].get("200", 0)
    if done != sum(found["statuses"].values()):
        raise RuntimeError(f"password steps were refused: {found['statuses']}")
    rate = done / run.seconds
    return {
        "rate": apart_from_generator(rate, found["cpu"], found["seconds"], cores()),
        "rate_with_generator": rate,
        "generator_cpu_share": found["cpu"] / found["seconds"] / cores(),
        "others_cpu_share": max(0.0, busy_seconds() - machine - cpu - found["cpu"]) / found["seconds"] / cores(),
        "cpu_each": cpu / (done + found["late"]),
    }
