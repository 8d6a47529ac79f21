"""What hashes used goes back to the machine (DESIGN §7: memory of a node)."""

import asyncio
import os
import subprocess
import sys
import time

from sekisho.adapters.cryptography import hash_pool
from sekisho.flows.ports.security import PasswordProof
from tests.adapters.cryptography.test_hash_pool import gate, pool, verify  # noqa: F401


def test_a_pool_without_work_gives_its_memory_back_once(pool, monkeypatch):  # noqa: F811
    given = []
    monkeypatch.setattr(hash_pool, "give_memory_back", lambda: given.append(time.monotonic()))
    asyncio.run(verify(pool, "a", "right"))
    done = time.monotonic()
    while not given and time.monotonic() < done + 30:
        time.sleep(0.01)
    time.sleep(1.2)
    assert 1 <= len(given) <= 2, "before and behind that job; then the thread sleeps until the next one"
    assert asyncio.run(verify(pool, "a", "right")) == PasswordProof(True)


def test_memory_that_hashes_used_goes_back_to_the_machine():
    """In a process of its own, where nothing else is freed."""
    said = subprocess.run(
        [sys.executable, "-c", RESIDENT], env={**os.environ, "MALLOC_ARENA_MAX": "1"}, capture_output=True, text=True, check=True
    ).stdout.split()
    before, after = map(int, said)
    assert before - after > 15 * 2**20, f"{before} bytes, then {after}"


RESIDENT = """
import os, threading
from argon2.low_level import Type, hash_secret_raw
from sekisho.adapters.cryptography.returned_memory import give_memory_back

def resident():
    with open("/proc/self/statm") as sizes:
        return int(sizes.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def hashes():
    for _ in range(4):
        hash_secret_raw(b"password", b"salt" * 4, 2, 19 * 1024, 1, 32, Type.ID)

thread = threading.Thread(target=hashes)  # two at once would free enough for the library to give it back by itself
thread.start(), thread.join()
before = resident()
give_memory_back()
print(before, resident())
"""
