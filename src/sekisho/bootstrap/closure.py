"""Whether the house is closed, known before the first request and looked at every second (R9): its database is an older copy, or a key
is in use that this node does not hold.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from sekisho.adapters.audit_heads.newest import newest_head
from sekisho.adapters.cryptography.audit_key import AuditPublicKey
from sekisho.bootstrap.house import House
from sekisho.domain.audit.head import Head, authentic
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.restore_witness import Closed, closed_because
from sekisho.flows.rotate_keys import follow_key
from sekisho.kernel.errors import SekishoError
from sekisho.settings import Settings

__all__ = ["Closure", "heads_file", "signature_check"]

_EVERY = 1.0


def heads_file(settings: Settings) -> Path:
    """Where signed heads go to, outside the database."""
    return settings.audit.heads_file or settings.server.data_folder / "audit_heads.jsonl"


def signature_check(key: AuditPublicKey) -> Callable[[Head], bool]:
    return lambda head: head.key_id == key.key_id and authentic(head, lambda data, signature: key.verifies(signature, data))


class Closure:
    """why: "" while the house is open. on_change: told when it opens or closes; what was remembered of the other database is void.

    The newest head is the file's at first, then the database's own as this process saw it last: so a copy that is put in place under a
    running server closes it as well.
    """

    def __init__(self, house: House, on_change: Callable[[], None]) -> None:
        self.why = "the database has not been looked at yet"
        self._house = house
        self._on_change = on_change
        self._authentic = signature_check(house.audit_key.public)
        self._newest: Head | None = None
        self._stopping = threading.Event()
        self._log = structlog.get_logger("sekisho.closure")
        self._thread = threading.Thread(target=self._run, name="closure", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=2)

    def look(self) -> None:
        """A database that does not answer changes nothing here; every door says so itself."""
        try:
            found = self._closed()
        except SekishoError as error:
            if self.why:
                self.why = error.detail or error.public_message
            return
        why = found.why if found else ""
        if why == self.why:
            return
        self.why = why
        self._on_change()
        if why:
            self._log.error("the house is closed, nobody is let in", why=why)
        else:
            self._log.info("the house is open")

    def _closed(self) -> Closed | None:
        if self.why:
            outside = newest_head(heads_file(self._house.settings), self._authentic)
            self._newest = max(filter(None, (self._newest, outside)), key=lambda head: (head.epoch, head.number), default=None)
        with self._house.storage.reading() as tx:
            found = closed_because(self._newest, tx) or self._other_key(tx)
            newest, noted = tx.audit.last_head(), tx.upkeep.restored() is not None
        if found is None:
            self._newest = newest
        elif found.older and not noted:
            with self._house.storage.transaction() as tx:
                tx.upkeep.note_restored(self._house.clock())  # for the nodes that have no file of heads
        return found

    def _other_key(self, tx: Transaction) -> Closed | None:
        """Keys change while nodes run (R9). A file with a new key is read as soon as it stands there, before that key is in use."""
        keyring = self._house.keyring
        keyring.refresh()
        lacking = follow_key(keyring, tx)
        if not lacking:
            return None
        file = self._house.settings.keyring.file
        why = f"master key {lacking} is in use, and {file} does not hold it; copy that file from the node where `keyring rotate` ran"
        return Closed(why, False)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            self.look()
