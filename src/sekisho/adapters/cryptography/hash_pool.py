"""The threads that hash passwords, and the time that a refused login takes (R1, R2).

As many threads as cores, less urgent than the rest of the process, so that sessions stay quick; nobody sleeps in one. A
login refused without hashing waits its turn like the others; then the thread only names the moment of its answer, as far
away as a recent hash took, and goes on. Threads are daemons: a hash in flight never holds up the end of the process.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from sekisho.adapters.cryptography.argon2id import Argon2id
from sekisho.adapters.cryptography.hash_queue import HashQueue, Place
from sekisho.adapters.cryptography.returned_memory import give_memory_back
from sekisho.domain.authentication.hashing import HashPolicy
from sekisho.flows.ports.security import Keyring, PasswordProof, StoredPassword
from sekisho.kernel.errors import unavailable
from sekisho.kernel.secrets import Secret, new_token

__all__ = ["Hashing", "ThreadedHashPool", "start_hash_pool"]

_NICENESS = 10
_QUIET = 0.25  # seconds without a job after which the buffers go back
_REMEMBERED = 64  # durations from which the time of a refused login is drawn
_REHEARSALS = 3
Result = TypeVar("Result")


class Hashing(Protocol):
    """What a thread of the pool calls: `Argon2id`."""

    def verify(self, stored: StoredPassword, password: Secret) -> PasswordProof: ...

    def hash(self, password: Secret, authenticator: str) -> str: ...

    def decoy(self, index: int) -> StoredPassword: ...


@dataclass(slots=True)
class _Job:
    """A piece of work and the one who waits for it since then; work None: only time is to pass."""

    place: Place[_Job]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    work: Callable[[], object] | None
    since: float = field(default_factory=time.perf_counter)

    def settle(self, result: object, after: float = 0) -> None:
        """Tell the one who waits, `after` seconds from now."""
        if after:
            self._on_loop(self.loop.call_later, after, _set_result, self.answer, result)
        else:
            self._on_loop(_set_result, self.answer, result)

    def fail(self, error: BaseException) -> None:
        self._on_loop(_set_exception, self.answer, error)

    def _on_loop(self, call: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(call, *arguments)


def _set_result(answer: asyncio.Future[Any], result: object) -> None:
    if not answer.done():
        answer.set_result(result)


def _set_exception(answer: asyncio.Future[Any], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)


class ThreadedHashPool:
    """A `flows.ports.security.HashPool`. waited: told the seconds that a job waited for its thread."""

    def __init__(self, hashing: Hashing, policy: HashPolicy) -> None:
        """Measures a hash (some 0.1 s), then starts the threads."""
        count = policy.threads or _cores()
        self._hashing = hashing
        self._queue = HashQueue[_Job](count * policy.queue_per_thread, policy.per_source)
        self._changed = threading.Condition()
        self._closed = False
        self.waited: Callable[[float], None] = lambda seconds: None
        self._durations: deque[float] = deque(maxlen=_REMEMBERED)
        rehearsal = threading.Thread(target=self._rehearse, name="hash-rehearsal")
        rehearsal.start()
        rehearsal.join()
        self._threads = [threading.Thread(target=self._serve, name=f"hash-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def _rehearse(self) -> None:
        """In a thread that ends: the C library keeps a hash's 19 MiB for the thread that took them, and gives them to the next one."""
        for _ in range(_REHEARSALS):
            self.verify(self._hashing.decoy(0), new_token())

    @property
    def hash_seconds(self) -> float:
        """The median of the recent hashes, for logs and metrics."""
        recent = sorted(self._durations.copy())
        return recent[len(recent) // 2]

    @property
    def waiting(self) -> int:
        """How many jobs wait for a thread."""
        with self._changed:
            return len(self._queue)

    def admit(self, source: str, *, known: bool) -> _Slot:
        with self._changed:
            place = None if self._closed else self._queue.take_place(source, known)
        if place is None:
            raise unavailable("the queue of password hashes has no place for this source")
        return _Slot(self, place)

    def decoy(self, index: int) -> StoredPassword:
        return self._hashing.decoy(index)

    def hash(self, password: Secret, authenticator: str) -> str:
        """In the calling thread."""
        return self._hashing.hash(password, authenticator)

    def close(self) -> None:
        """Refuse whoever waits; a hash in flight is left to itself."""
        with self._changed:
            self._closed = True
            while (job := self._queue.pop()) is not None:
                job.fail(unavailable("the process is ending"))
            self._changed.notify_all()

    async def run(self, place: Place[_Job], work: Callable[[], Result] | None) -> Result:
        """Wait for this work's turn and its end. The place is given back as it begins."""
        loop = asyncio.get_running_loop()
        job = _Job(place, loop, loop.create_future(), work)
        with self._changed:
            if self._closed:
                raise unavailable("the process is ending")
            self._queue.push(place, job)
            self._changed.notify()
        result: Result = await job.answer
        return result

    def give_back(self, place: Place[_Job]) -> None:
        with self._changed:
            place.give_back()

    def verify(self, stored: StoredPassword, password: Secret) -> PasswordProof:
        """In the calling thread, measured."""
        began = time.perf_counter()
        proof = self._hashing.verify(stored, password)
        if proof.rehashed is None:  # only plain ones tell how long a refused login must take
            self._durations.append(time.perf_counter() - began)
        return proof

    def _serve(self) -> None:
        _be_patient()
        while (job := self._next()) is not None:
            self.waited(time.perf_counter() - job.since)
            if job.answer.cancelled():
                continue
            if job.work is None:
                job.settle(None, after=random.choice(self._durations))
                continue
            try:
                job.settle(job.work())
            except Exception as error:
                job.fail(error)

    def _next(self) -> _Job | None:
        """The next job, however long it is in coming; None when the pool is closed."""
        job, came = self._taken(_QUIET)
        if not came:
            give_memory_back()
            job, _ = self._taken(None)
        return job

    def _taken(self, seconds: float | None) -> tuple[_Job | None, bool]:
        """A job and true; nothing and false after so many seconds; nothing and true when the pool is closed."""
        with self._changed:
            came = self._changed.wait_for(lambda: self._closed or len(self._queue) > 0, seconds)
            job = None if self._closed else self._queue.pop()
            if job is not None:
                job.place.give_back()
            return job, came


class _Slot:
    """A `flows.ports.security.HashSlot`."""

    def __init__(self, pool: ThreadedHashPool, place: Place[_Job]) -> None:
        self._pool = pool
        self._place = place

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.give_back(self._place)

    async def verify(self, stored: StoredPassword, password: Secret) -> PasswordProof:
        return await self._pool.run(self._place, lambda: self._pool.verify(stored, password))

    async def hash(self, password: Secret, authenticator: str) -> str:
        return await self._pool.run(self._place, lambda: self._pool.hash(password, authenticator))

    async def pass_time(self) -> None:
        await self._pool.run(self._place, None)


def _cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _be_patient() -> None:
    """Give way to the threads that answer requests; only Linux has a niceness per thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def start_hash_pool(policy: HashPolicy, keyring: Keyring) -> ThreadedHashPool:
    """The pool of this process, with argon2id."""
    return ThreadedHashPool(Argon2id(policy, keyring), policy)
