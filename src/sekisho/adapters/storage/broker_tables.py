"""Tables of the broker's door: its keys, and the answers that are given again. See `tables` for the conventions."""

from __future__ import annotations

from sqlalchemy import Index, Table

from sekisho.adapters.storage.columns import count_column, id_column, metadata, text_column, time_column

__all__ = ["broker_answers", "broker_keys"]

broker_keys = Table(
    "broker_keys",
    metadata,
    id_column(),
    text_column("client"),
    text_column("prefix"),
    text_column("secret_hash"),
    time_column("hashed"),
    text_column("scopes"),
    text_column("networks"),
    time_column("made"),
    text_column("made_by"),
    time_column("expires"),
    time_column("last_used", null=True),
    time_column("revoked", null=True),
    Index("uq_broker_keys_prefix", "prefix", unique=True),
    Index("ix_broker_keys_client", "client"),
)

# key: the Idempotency-Key. body: sealed; empty in the commit that is still open.
broker_answers = Table(
    "broker_answers",
    metadata,
    id_column(),
    text_column("client"),
    text_column("key"),
    text_column("request_hash"),
    count_column("status"),
    text_column("body"),
    time_column("at"),
    Index("uq_broker_answers_key", "client", "key", unique=True),
    Index("ix_broker_answers_at", "at"),
)
