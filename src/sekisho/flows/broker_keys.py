"""Keys of the broker's systems: added, rotated and revoked by staff on the command line (R15). A secret is shown once and never kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sekisho.domain.broker_access import BrokerKey, KeyText, Scope, checked_client, checked_key, new_key_text
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.security import Keyring, Purpose
from sekisho.kernel.errors import Kind, SekishoError, invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret

__all__ = ["KeyIssued", "add_broker_key", "list_broker_keys", "revoke_broker_key", "rotate_broker_key"]


@dataclass(frozen=True, slots=True)
class KeyIssued:
    """secret: the whole key, shown once. older_until: until when the keys before it stay good, after a rotation."""

    key: BrokerKey
    secret: Secret
    older_until: datetime | None = None


def add_broker_key(
    client: str, scopes: frozenset[Scope], networks: tuple[str, ...], life: timedelta, actor: str, deps: Dependencies
) -> KeyIssued:
    """Raises INVALID for a name, scope, network or life that cannot be; CONFLICT when that system has a live key (rotate it)."""
    now = deps.clock()
    listed = checked_key(scopes, networks, life, deps.policies.broker_access)
    text = new_key_text()
    key = BrokerKey(
        new_id("bky", now), checked_client(client), text.prefix, _hashed(text, deps.keyring), now, scopes, listed, now, actor, now + life
    )
    with deps.storage.transaction() as tx:
        if any(other.live(now) for other in tx.broker_keys.lock(client)):
            raise SekishoError(Kind.CONFLICT, "That system has a key already. Rotate it, or revoke it first.", client)
        tx.broker_keys.add(key)
        tx.audit.append(Event(EventKind.BROKER_KEY_ADDED, actor=actor, facts=_facts(key)), now)
    return KeyIssued(key, text.whole)


def rotate_broker_key(client: str, life: timedelta, overlap: timedelta, actor: str, deps: Dependencies) -> KeyIssued:
    """A new key with the same scopes and networks; the ones before it end after the overlap. Raises MISSING without a live key."""
    now, policy = deps.clock(), deps.policies.broker_access
    if not timedelta(0) <= overlap <= policy.overlap:
        raise invalid("The overlap is at most that of broker_access.overlap.", "overlap")
    with deps.storage.transaction() as tx:
        live = [key for key in tx.broker_keys.lock(client) if key.live(now)]
        if not live:
            raise missing(f"no live key of {client}")
        checked_key(live[0].scopes, tuple(map(str, live[0].networks)), life, policy)
        text = new_key_text()
        fresh = replace(
            live[0], id=new_id("bky", now), prefix=text.prefix, secret_hash=_hashed(text, deps.keyring), hashed=now, made=now,
            made_by=actor, expires=now + life, last_used=None,
        )  # fmt: skip
        for key in live:
            tx.broker_keys.save(replace(key, expires=min(key.expires, now + overlap)))
        tx.broker_keys.add(fresh)
        facts = _facts(fresh) | {"before": ",".join(key.prefix for key in live), "overlap_seconds": int(overlap.total_seconds())}
        tx.audit.append(Event(EventKind.BROKER_KEY_ROTATED, actor=actor, facts=facts), now)
    return KeyIssued(fresh, text.whole, max(min(key.expires, now + overlap) for key in live))


def revoke_broker_key(named: str, actor: str, deps: Dependencies) -> list[BrokerKey]:
    """named: a system, whose live keys all end now, or the prefix of one key. Raises MISSING when nothing lives under that name."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        one = tx.broker_keys.by_prefix(named)
        held = tx.broker_keys.lock(one.client if one else named)
        live = [key for key in held if key.live(now) and (one is None or key.id == one.id)]
        if not live:
            raise missing(f"no live key of {named}")
        for key in live:
            tx.broker_keys.save(replace(key, revoked=now))
            tx.audit.append(Event(EventKind.BROKER_KEY_REVOKED, actor=actor, facts=_facts(key)), now)
    return live


def list_broker_keys(deps: Dependencies, *, past: bool = False) -> list[BrokerKey]:
    """past: also the expired and revoked ones."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        return [key for key in tx.broker_keys.all() if past or key.live(now)]


def _hashed(text: KeyText, keyring: Keyring) -> str:
    return keyring.keyed_hash(Purpose.TOKENS, text.whole.reveal())


def _facts(key: BrokerKey) -> dict[str, Fact]:
    return {
        "key": key.id,
        "client": key.client,
        "prefix": key.prefix,
        "scopes": ",".join(sorted(key.scopes)),
        "networks": ",".join(map(str, key.networks)),
        "expires": key.expires.isoformat(timespec="seconds"),
    }
