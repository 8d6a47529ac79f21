"""The table of webhooks. See `tables` for the conventions."""

from __future__ import annotations

from sqlalchemy import Index, Table

from sekisho.adapters.storage.columns import count_column, id_column, metadata, text_column, time_column

__all__ = ["webhooks"]

# body: sealed. acknowledge_by: from then on somebody is woken; none for what is not urgent.
webhooks = Table(
    "webhooks",
    metadata,
    id_column(),
    text_column("kind"),
    text_column("body"),
    time_column("made"),
    time_column("due"),
    text_column("state"),
    time_column("acknowledge_by", null=True),
    count_column("attempts"),
    time_column("settled", null=True),
    time_column("alerted", null=True),
    text_column("reason"),
    Index("ix_webhooks_due", "state", "due"),
    Index("ix_webhooks_acknowledge_by", "acknowledge_by"),
)
