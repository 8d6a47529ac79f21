"""How hard a password is to guess from its stored hash, and how many hashes may wait (R2)."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.kernel.bounds import within

__all__ = ["HashPolicy"]

_OWASP = "OWASP Password Storage, Argon2id: at least 19 MiB with 2 iterations"


@dataclass(frozen=True, slots=True)
class HashPolicy:
    """Argon2id's cost and the size of the queue before it (ASVS 11.4.2, N16; GATE R2).

    memory_kib, iterations, parallelism: the cost of one hash; OWASP's minimum is the floor.
    threads: how many hashes run at a time; 0 means one per core.
    queue_per_thread: how many logins may wait for each thread; half of them are kept for known clients.
    per_source: how many may wait from one source.
    """

    memory_kib: int = 19_456
    iterations: int = 2
    parallelism: int = 1
    threads: int = 0
    queue_per_thread: int = 32
    per_source: int = 4

    def __post_init__(self) -> None:
        within("memory_kib", self.memory_kib, 19_456, 1_048_576, source=_OWASP)
        within("iterations", self.iterations, 2, 16, source=_OWASP)
        within("parallelism", self.parallelism, 1, 16, source="RFC 9106 §3.1")
        within("threads", self.threads, 0, 256, source="GATE R2")
        within("queue_per_thread", self.queue_per_thread, 2, 4096, source="GATE R2")
        within("per_source", self.per_source, 1, 1024, source="GATE R2")
