"""Sessions remembered by a node (R6): trusted only while the node hears of changes; anything else asks the database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

from sekisho.flows.own_events import network_of
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import Change, ChangeKind

__all__ = ["LARGEST", "FreshSessions"]

FRESH_SECONDS = 1.0
LARGEST = 50_000  # sessions remembered at most; about 1 kB each


class FreshSessions:
    """Implements `flows.ports.memory.SessionMemory`. confirmed_age: seconds since changes were last confirmed, by the watcher.

    A row read before a change arrived is not kept after it: `mark` counts the changes heard so far.
    """

    def __init__(self, confirmed_age: Callable[[], float]) -> None:
        self._confirmed_age = confirmed_age
        self._lock = threading.Lock()
        self._by_token: OrderedDict[str, LiveSession] = OrderedDict()
        self._tokens: dict[str, str] = {}
        self._heard = 0
        self._met: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._addresses: dict[str, IPv4Address | IPv6Address] = {}

    def look(self, token_hash: str) -> LiveSession | None:
        if self._confirmed_age() >= FRESH_SECONDS:
            return None
        return self._by_token.get(token_hash)

    def mark(self) -> int:
        return self._heard

    def keep(self, live: LiveSession, mark: int) -> None:
        with self._lock:
            if mark != self._heard:
                return
            self._drop(live.session.id)
            self._by_token[live.session.token_hash] = live
            self._tokens[live.session.id] = live.session.token_hash
            while len(self._by_token) > LARGEST:
                _, oldest = self._by_token.popitem(last=False)
                self._tokens.pop(oldest.session.id, None)

    def first_seen(self, session: str, address: IPv4Address | IPv6Address) -> bool:
        if self._addresses.get(session) == address:
            return False  # as a moment ago: the common case asks no network
        with self._lock:
            if len(self._addresses) >= LARGEST:
                self._addresses.clear()
            self._addresses[session] = address
        return self._first(session, network_of(address))

    def first_device(self, session: str, device: str) -> bool:
        return self._first(session, device)

    def unsee(self, session: str, what: IPv4Address | IPv6Address | str) -> None:
        with self._lock:
            if not isinstance(what, str):
                self._addresses.pop(session, None)
                what = network_of(what)
            self._met.pop((session, what), None)

    def _first(self, session: str, what: str) -> bool:
        met = (session, what)
        with self._lock:
            if met in self._met:
                return False
            self._met[met] = None
            while len(self._met) > LARGEST:
                self._met.popitem(last=False)
        return True

    def forget_session(self, session: str) -> None:
        with self._lock:
            self._heard += 1
            self._drop(session)

    def forget_trader(self, trader: str) -> None:
        with self._lock:
            self._heard += 1
            for live in [live for live in self._by_token.values() if live.trader.id == trader]:
                self._drop(live.session.id)

    def forget_everything(self) -> None:
        """Another copy of the database stands in its place (R9)."""
        with self._lock:
            self._heard += 1
            self._by_token.clear()
            self._tokens.clear()

    def hear(self, change: Change) -> None:
        """Called by the watcher for every change of any node or of the command line."""
        if change.kind is ChangeKind.SESSION:
            self.forget_session(change.subject)
        else:
            self.forget_trader(change.subject)

    def __len__(self) -> int:
        return len(self._by_token)

    def _drop(self, session: str) -> None:
        token_hash = self._tokens.pop(session, None)
        if token_hash is not None:
            self._by_token.pop(token_hash, None)
