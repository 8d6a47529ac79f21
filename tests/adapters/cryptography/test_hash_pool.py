"""R2: who waits, who is next, and what a refused login costs; with a hash function that the test holds in its hand."""

import asyncio
import threading
import time
from collections import deque

import pytest

from sekisho.adapters.cryptography.argon2id import Argon2id
from sekisho.adapters.cryptography.hash_pool import ThreadedHashPool, start_hash_pool
from sekisho.adapters.cryptography.hash_queue import HashQueue
from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.domain.authentication.hashing import HashPolicy
from sekisho.flows.ports.security import PasswordProof, Purpose, StoredPassword
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret

OLD, NEW = b"o" * 32, b"n" * 32
ROW = StoredPassword("sealed", "atr_1")


class Gate:
    """Hashes nothing; each verification notes its password and waits until the test opens the gate."""

    def __init__(self):
        self.order = []
        self.open = threading.Event()
        self.open.set()

    def verify(self, stored, password):
        self.order.append(password.reveal())
        assert self.open.wait(10)
        if password.reveal() == "boom":
            raise OSError("no memory")
        return PasswordProof(password.reveal() == "right")

    def hash(self, password, authenticator):
        return f"hashed for {authenticator}"

    def decoy(self, index):
        return StoredPassword("decoy", f"decoy {index}")


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def pool(gate):
    """One thread, eight places: four for strangers, four for known clients; two waiting per source."""
    pool = ThreadedHashPool(gate, HashPolicy(threads=1, queue_per_thread=8, per_source=2))
    gate.order.clear()
    yield pool
    gate.open.set()
    pool.close()


async def busy(pool, gate):
    """The one thread held at the gate."""
    gate.open.clear()
    task = asyncio.create_task(verify(pool, "busy", "first"))
    while not gate.order:
        await asyncio.sleep(0.001)
    return task


async def verify(pool, source, password, known=False):
    async with pool.admit(source, known=known) as slot:
        return await slot.verify(ROW, Secret(password))


def test_a_flood_from_one_source_delays_another_by_one_hash():
    queue = HashQueue(100, per_source=50)
    for number in range(5):
        queue.push(queue.take_place("flood", known=False), f"flood {number}")
    queue.push(queue.take_place("calm", known=False), "calm")
    assert [queue.pop() for _ in range(7)] == ["flood 0", "calm", "flood 1", "flood 2", "flood 3", "flood 4", None]


def test_lanes_take_turns():
    queue = HashQueue(100, per_source=50)
    for number in range(3):
        queue.push(queue.take_place(f"stranger {number}", known=False), f"s{number}")
        queue.push(queue.take_place(f"client {number}", known=True), f"k{number}")
    assert [queue.pop() for _ in range(6)] == ["k0", "s0", "k1", "s1", "k2", "s2"]


@pytest.mark.parametrize(
    "taken, source, known, admitted",
    [
        ([], "a", False, True),
        ([("a", False)] * 2, "a", False, False),  # per source
        ([("a", False)] * 2, "b", False, True),
        ([("a", False)] * 2, "a", True, True),  # his own lane
        ([("a", False), ("b", False), ("c", False), ("d", False)], "e", False, False),  # half is kept …
        ([("a", False), ("b", False), ("c", False), ("d", False)], "e", True, True),  # … for known clients
        ([(name, True) for name in "abcd"], "e", True, True),  # who may have the rest as well
        ([(name, True) for name in "abcdefgh"], "i", True, False),
        ([(name, True) for name in "abcdefgh"], "i", False, False),
        ([(name, True) for name in "abcd"], "e", False, True),
    ],
)
def test_places(pool, taken, source, known, admitted):
    for earlier, was_known in taken:
        pool.admit(earlier, known=was_known)
    if admitted:
        pool.admit(source, known=known)
    else:
        with pytest.raises(SekishoError) as refusal:
            pool.admit(source, known=known)
        assert refusal.value.kind is Kind.UNAVAILABLE
        assert refusal.value.retry_after


async def _leave_without_hashing(pool):
    for _ in range(50):
        async with pool.admit("a", known=False):
            pass
    with pytest.raises(RuntimeError):
        async with pool.admit("a", known=False):
            raise RuntimeError("the reservation failed")
    pool.admit("a", known=False)
    pool.admit("a", known=False)


def test_leaving_a_slot_gives_its_place_back(pool):
    asyncio.run(_leave_without_hashing(pool))


def test_a_running_hash_waits_no_more(pool, gate):
    async def story():
        first = await busy(pool, gate)
        pool.admit("busy", known=False)
        pool.admit("busy", known=False)  # two waiting, one running
        with pytest.raises(SekishoError):
            pool.admit("busy", known=False)
        gate.open.set()
        return await first

    assert asyncio.run(story()) == PasswordProof(False)


def test_sources_take_turns_in_the_pool_itself(pool, gate):
    async def story():
        tasks = [await busy(pool, gate)]
        for source, password in (("a", "a1"), ("a", "a2"), ("b", "b1")):
            tasks.append(asyncio.create_task(verify(pool, source, password)))
            await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(*tasks)

    asyncio.run(story())
    assert gate.order == ["first", "a1", "b1", "a2"]


def test_passing_time_waits_its_turn_and_takes_a_recent_duration(pool, gate):
    async def story():
        first = await busy(pool, gate)
        began = time.perf_counter()
        pool._durations = deque([2.0] * 64, maxlen=64)

        async def refused():
            async with pool.admit("r", known=False) as slot:
                await slot.pass_time()
            return time.perf_counter() - began

        waiting = asyncio.create_task(refused())
        behind = asyncio.create_task(verify(pool, "s", "right"))
        await asyncio.sleep(0.15)
        assert not waiting.done()
        gate.open.set()
        proof = await behind
        assert proof.matches and not waiting.done()  # the thread went straight on
        await first
        return await waiting

    assert asyncio.run(story()) >= 2.15  # its turn at 0.15, and 2.0 of a hash
    assert gate.order == ["first", "right"]


def test_a_cancelled_wait_is_not_hashed_and_leaves_no_trace(pool, gate):
    async def story():
        first = await busy(pool, gate)
        tasks = [asyncio.create_task(verify(pool, "gone", "gone")) for _ in range(2)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        pool.admit("gone", known=False)
        gate.open.set()
        await first
        return await verify(pool, "next", "right")

    assert asyncio.run(story()).matches
    assert gate.order == ["first", "right"]


def test_an_error_reaches_the_one_who_waits_and_the_thread_lives_on(pool):
    with pytest.raises(OSError, match="no memory"):
        asyncio.run(verify(pool, "a", "boom"))
    assert asyncio.run(verify(pool, "a", "right")).matches


def test_two_hashes_in_one_slot(pool):
    async def story():
        async with pool.admit("a", known=True) as slot:
            assert (await slot.verify(ROW, Secret("right"))).matches
            return await slot.hash(Secret("new"), "atr_9")

    assert asyncio.run(story()) == "hashed for atr_9"


def test_closing_refuses_whoever_waits(pool, gate):
    async def story():
        await busy(pool, gate)
        waiting = asyncio.create_task(verify(pool, "a", "x"))
        await asyncio.sleep(0)
        pool.close()
        with pytest.raises(SekishoError):
            await waiting
        with pytest.raises(SekishoError):
            pool.admit("b", known=False)

    asyncio.run(story())


@pytest.fixture(scope="module")
def argon2id():
    return Argon2id(HashPolicy(), FileKeyring([NEW]))


def test_argon2id_verifies_its_own_row_alone(argon2id):
    stored = StoredPassword(argon2id.hash(Secret("正しい馬の電池"), "atr_1"), "atr_1")
    assert argon2id.verify(stored, Secret("正しい馬の電池")) == PasswordProof(True, None)
    for other, password in (
        (stored, "正しい馬の電油"),
        (stored, "\ud800"),
        (stored, ""),
        (StoredPassword(stored.sealed, "atr_2"), "正しい馬の電池"),  # copied into another row
        (StoredPassword("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA", "atr_1"), "x"),  # written past the pepper
        (argon2id.decoy(7), ""),
    ):
        assert argon2id.verify(other, Secret(password)) == PasswordProof(False, None)


def test_the_stored_hash_is_owasp_argon2id_under_the_pepper(argon2id):
    sealed = argon2id.hash(Secret("x"), "atr_1")
    assert "argon2" not in sealed
    assert FileKeyring([NEW]).open(Purpose.PEPPER, sealed, "atr_1").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_right_password_is_hashed_anew_when_the_cost_changed(argon2id):
    stored = StoredPassword(argon2id.hash(Secret("x"), "atr_1"), "atr_1")
    dearer = Argon2id(HashPolicy(iterations=3), FileKeyring([NEW]))
    assert dearer.verify(stored, Secret("y")).rehashed is None
    rehashed = dearer.verify(stored, Secret("x")).rehashed
    assert ",t=3," in FileKeyring([NEW]).open(Purpose.PEPPER, rehashed, "atr_1")
    assert dearer.verify(StoredPassword(rehashed, "atr_1"), Secret("x")) == PasswordProof(True, None)


def test_a_new_pepper_key_seals_the_same_hash_again():
    before = Argon2id(HashPolicy(), FileKeyring([OLD]))
    stored = StoredPassword(before.hash(Secret("x"), "atr_1"), "atr_1")
    rotated = FileKeyring([NEW, OLD])
    rehashed = Argon2id(HashPolicy(), rotated).verify(stored, Secret("x")).rehashed
    assert rotated.is_current(rehashed)
    opened = [rotated.open(Purpose.PEPPER, text, "atr_1") for text in (stored.sealed, rehashed)]
    assert opened[0] == opened[1]


def test_the_real_pool_hashes_and_says_how_long_it_takes():
    pool = start_hash_pool(HashPolicy(threads=2), FileKeyring([NEW]))

    async def story():
        async with pool.admit("a", known=False) as slot:
            sealed = await slot.hash(Secret("x"), "atr_1")
            right = await slot.verify(StoredPassword(sealed, "atr_1"), Secret("x"))
            decoyed = await slot.verify(pool.decoy(3), Secret("x"))
        return right.matches, decoyed.matches

    assert asyncio.run(story()) == (True, False)
    assert 0.001 < pool.hash_seconds < 10
    pool.close()


@pytest.mark.parametrize("change", [{"memory_kib": 8192}, {"iterations": 1}, {"queue_per_thread": 1}, {"per_source": 0}, {"threads": -1}])
def test_a_policy_below_the_standard_is_refused(change):
    with pytest.raises(ValueError, match="must be between"):
        HashPolicy(**change)
