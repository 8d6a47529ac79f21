"""Who of the broker's systems may come in: the checkpoint of keys (R15). From outside every key that opens nothing is answered alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address

from sekisho.domain.broker_access import BrokerKey, KeyText
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import same, same_as_any

__all__ = ["BrokerCaller", "admit_broker", "audit_refused_key"]

Address = IPv4Address | IPv6Address
_USES_TOLD = timedelta(minutes=1)  # the last use is written down so often at most


@dataclass(frozen=True, slots=True)
class BrokerCaller:
    """A system of the broker that was let in."""

    key: BrokerKey
    address: Address | None

    @property
    def actor(self) -> str:
        return self.key.actor


def admit_broker(text: KeyText, deps: Dependencies) -> BrokerKey | Refused:
    """The key of that text as its row stands now. Whether it admits that address and opens that scope the caller asks the key itself."""
    now, whole = deps.clock(), text.whole.reveal()
    hashes = tuple(deps.keyring.keyed_hashes(Purpose.TOKENS, whole))
    with deps.storage.reading() as tx:
        kept = tx.broker_keys.by_prefix(text.prefix)
    if kept is None or not same_as_any(kept.secret_hash, hashes):
        return Refused(Reason.KEY_UNKNOWN)
    if kept.live(now):
        _note_use(kept, hashes[0], deps)
    return kept


def _note_use(key: BrokerKey, current: str, deps: Dependencies) -> None:
    """When it was used last; and its hash moves to the master key in use (R9)."""
    now = deps.clock()
    moves = not same(key.secret_hash, current)
    if not moves and key.last_used is not None and now - key.last_used < _USES_TOLD:
        return
    with deps.storage.transaction() as tx:
        tx.broker_keys.note_use(key.id, now)
        if moves:
            tx.broker_keys.rehash(key.id, current, now)


def audit_refused_key(
    key: BrokerKey | None, prefix: str, refused: Refused, address: Address | None, asked: str, deps: Dependencies
) -> None:
    """A key that was presented and not let in. asked: the route's template. The door sees to it that this does not flood the log."""
    facts: dict[str, Fact] = {"prefix": prefix, "client": key.client if key else None, "asked": asked}
    where: dict[str, Fact] = {"address": None if address is None else str(address)}
    actor = key.actor if key else None
    with deps.storage.transaction() as tx:
        event = Event(EventKind.BROKER_KEY_REFUSED, actor=actor, reason=refused.reason, facts=facts, personal=where)
        tx.audit.append(event, deps.clock())
