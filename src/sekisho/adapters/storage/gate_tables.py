"""Tables of what a trader keeps of his own gate: lists of addresses, his logins, his contacts. See `tables` for the conventions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from sekisho.adapters.storage.columns import (
    TEXT,
    count_column,
    flag_column,
    id_column,
    metadata,
    of_column,
    text_column,
    time_column,
)

__all__ = ["address_lists", "contacts", "login_records"]

# owner: a trader's or an account's id. pending, before: entries of a change that waits, and those that it would replace.
address_lists = Table(
    "address_lists",
    metadata,
    Column("owner", TEXT, primary_key=True),
    count_column("version"),
    text_column("entries"),
    time_column("changed"),
    text_column("changed_by"),
    text_column("pending", null=True),
    text_column("before", null=True),
    text_column("exempt"),
    time_column("due", null=True),
    Index("ix_address_lists_due", "due"),
)

# No foreign key: rows outlive nothing that points to them. hour: of the clock, so that like refusals of one hour share a row.
login_records = Table(
    "login_records",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text_column("trader"),
    time_column("at"),
    time_column("hour"),
    count_column("times"),
    text_column("outcome"),
    text_column("reason"),
    text_column("channel"),
    text_column("source"),
    text_column("address", null=True),
    text_column("program"),
    text_column("country"),
    text_column("network"),
    text_column("methods"),
    flag_column("known_client"),
    text_column("session"),
    Index("ix_login_records_trader", "trader", "at"),
    Index("ix_login_records_at", "at"),
    Index("uq_login_records_hour", "trader", "hour", "outcome", "reason", "channel", "source", "session", unique=True),
)

contacts = Table(
    "contacts",
    metadata,
    id_column(),
    of_column("trader", "traders"),
    text_column("kind"),
    text_column("state"),
    text_column("value"),
    time_column("added"),
    time_column("confirmed", null=True),
    time_column("due", null=True),
    time_column("ended", null=True),
    text_column("added_by"),
    Index("ix_contacts_trader", "trader", "kind"),
    Index("ix_contacts_due", "state", "due"),
)
