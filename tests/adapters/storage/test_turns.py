"""The fair lock of the write queue (DESIGN §4)."""

from __future__ import annotations

import threading
from time import monotonic

from sekisho.adapters.storage.turns import FairLock


def _until(condition: object) -> None:
    """Waits for another thread to get where it is going."""
    give_up = monotonic() + 20
    while not condition():  # type: ignore[operator]
        assert monotonic() < give_up
        threading.Event().wait(0.001)


def test_the_lock_is_given_in_the_order_of_asking() -> None:
    lock, order, threads = FairLock(), [], []
    assert lock.acquire(0)

    def take(number: int) -> None:
        assert lock.acquire(5)
        order.append(number)
        lock.release()

    for number in range(20):
        threads.append(threading.Thread(target=take, args=(number,)))
        threads[-1].start()
        _until(lambda wanted=number + 1: lock.waiting == wanted)
    lock.release()
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_who_asks_again_stands_behind_those_that_wait() -> None:
    lock, got = FairLock(), threading.Event()
    lock.acquire(0)

    def take() -> None:
        assert lock.acquire(5)
        got.set()

    thread = threading.Thread(target=take)
    thread.start()
    _until(lambda: lock.waiting == 1)
    lock.release()
    assert not lock.acquire(0.05)  # it was handed on, never free in between
    thread.join()
    assert got.is_set()


def test_who_gives_up_leaves_the_queue() -> None:
    lock = FairLock()
    assert lock.acquire(0)
    assert not lock.acquire(0.01)
    assert lock.waiting == 0
    lock.release()
    assert lock.acquire(0)
