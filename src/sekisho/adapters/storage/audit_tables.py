"""Tables of the audit log (R8). See `tables` for the conventions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, SmallInteger, Table

from sekisho.adapters.storage.columns import TEXT, count_column, id_column, metadata, text_column, time_column

__all__ = ["audit_checkpoint", "audit_entries", "audit_exports", "audit_heads"]

audit_entries = Table(
    "audit_entries",
    metadata,
    id_column(),
    time_column("at_ms"),
    text_column("kind"),
    text_column("actor", null=True),
    text_column("trader", null=True),
    text_column("account", null=True),
    text_column("reason", null=True),
    text_column("facts"),
    text_column("personal", null=True),
    text_column("personal_hash", null=True),
    text_column("salt"),
    text_column("payload_hash"),
    text_column("mac"),
    Column("position", BigInteger, nullable=True, unique=True),
    text_column("link", null=True),
)

# One row once the log was purged: the last purged point, where the kept chain starts.
audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    text_column("link"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    text_column("link"),
    time_column("at_ms"),
    text_column("firm"),
    count_column("epoch"),
    text_column("standing"),
    text_column("key_id"),
    text_column("signature"),
)

audit_exports = Table(
    "audit_exports",
    metadata,
    Column("sink", TEXT, primary_key=True),
    Column("number", BigInteger, nullable=False),
    time_column("at"),
)
