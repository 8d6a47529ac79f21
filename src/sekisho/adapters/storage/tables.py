"""The tables. Ids are text, times are milliseconds since 1970 UTC, truth values are 0 or 1, sets and lists are JSON text.

Whatever is secret arrives sealed or hashed (R9); nothing here can open it. Both databases have the same tables; a test compares these
with what the migrations build.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table, text

from sekisho.adapters.storage.audit_tables import audit_checkpoint, audit_entries, audit_exports, audit_heads
from sekisho.adapters.storage.broker_tables import broker_answers, broker_keys
from sekisho.adapters.storage.columns import TEXT, metadata
from sekisho.adapters.storage.columns import count_column as _count
from sekisho.adapters.storage.columns import flag_column as _flag
from sekisho.adapters.storage.columns import id_column as _id
from sekisho.adapters.storage.columns import of_column as _of
from sekisho.adapters.storage.columns import text_column as _text
from sekisho.adapters.storage.columns import time_column as _time
from sekisho.adapters.storage.gate_tables import address_lists, contacts, login_records
from sekisho.adapters.storage.monitoring_tables import (
    engine_snapshots,
    event_intake,
    forwarded_events,
    instructions,
    monitored_events,
    rule_members,
    rule_sets,
)
from sekisho.adapters.storage.webhook_tables import webhooks

__all__ = ["address_lists", "audit_checkpoint", "audit_entries", "audit_exports", "audit_heads", "contacts", "login_records", "metadata"]
__all__ += ["engine_snapshots", "event_intake", "forwarded_events", "instructions", "monitored_events", "rule_members", "rule_sets"]
__all__ += ["broker_answers", "broker_keys", "webhooks"]

_LIVE = text("ended IS NULL")

# One row: which database this is. epoch: grows when a restored backup is accepted (R9). canary: a text sealed by its master key.
# Its key is in use. backed_up: when the last backup was made. restored: when this copy was put back, until that is accepted.
# key_since: when that key came into use; none for the first.
meta = Table(
    "meta",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    _count("epoch"),
    _time("made"),
    _text("canary", null=True),
    _time("backed_up", null=True),
    _time("restored", null=True),
    _time("key_since", null=True),
)

# Last number given of each gapless sequence; the row's lock is held until the commit, so numbers come in the order of commits.
counters = Table("counters", metadata, Column("name", TEXT, primary_key=True), Column("value", BigInteger, nullable=False))

accounts = Table(
    "accounts", metadata, _id(), _text("number", unique=True), _text("title"), _time("opened"), _text("frozen")
)  # fmt: skip

traders = Table(
    "traders",
    metadata,
    _id(),
    _text("username", unique=True),
    _text("look_alike", unique=True),
    _text("name"),
    _text("language"),
    _time("added"),
    _time("activated", null=True),
    _time("suspended", null=True),
    _text("frozen"),
    _count("gate_version"),
    _flag("password_change_needed"),
    Column("logoff_after", BigInteger, nullable=True),
    _time("quarantined_until", null=True),
    _text("email", null=True),
    _text("phrase", null=True),
    _flag("notify_known_logins", since_later=True),
    _time("relay_acknowledged", null=True),
)

mandates = Table(
    "mandates",
    metadata,
    _id(),
    _of("account", "accounts"),
    _of("trader", "traders"),
    _text("role"),
    _time("since"),
    _time("until", null=True),
    Index("ix_mandates_account", "account"),
    Index("ix_mandates_trader", "trader"),
)

authenticators = Table(
    "authenticators",
    metadata,
    _id(),
    _of("trader", "traders"),
    _text("kind"),
    _text("state"),
    _text("value"),
    _time("bound"),
    _time("changed"),
    _time("expires", null=True),
    Index("ix_authenticators_trader", "trader", "kind"),
    Index("ix_authenticators_value", "kind", "value"),
)

authenticator_life = Table(
    "authenticator_life",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _of("authenticator", "authenticators"),
    _time("at"),
    _text("what"),
    _text("by"),
    _text("address", null=True),
    _text("program"),
    Index("ix_authenticator_life_authenticator", "authenticator"),
)

# No foreign key: a lane may belong to a decoy (R1). lane "" carries the failures over all lanes.
lockouts = Table(
    "lockouts",
    metadata,
    _text("authenticator"),
    _text("lane"),
    _count("failures"),
    _time("last_failure", null=True),
    _time("restricted_since", null=True),
    _time("restricted_until", null=True),
    _text("restricted_by", null=True),
    _text("open"),
    PrimaryKeyConstraint("authenticator", "lane"),
)

known_clients = Table(
    "known_clients",
    metadata,
    _id(),
    _of("trader", "traders"),
    _text("token_hash", unique=True),
    _text("name_hash"),
    _time("added"),
    _time("last_used"),
    _time("expires"),
    _text("program"),
    Index("ix_known_clients_trader", "trader"),
)

# No foreign keys: the ceremony of an unknown name has a decoy for a trader (R1).
ceremonies = Table(
    "ceremonies",
    metadata,
    _id(),
    _text("token_hash", unique=True),
    _text("purpose"),
    _text("trader"),
    _text("phone"),
    _text("lane"),
    _text("channel"),
    _time("started"),
    _time("expires"),
    _count("gate_version"),
    _text("source"),
    _text("program"),
    _text("address", null=True),
    _text("action"),
    _text("action_text"),
    _text("session", null=True),
    _text("code_hash", null=True),
    _time("code_sent", null=True),
    _time("code_expires", null=True),
    Column("code_tries_left", Integer, nullable=True),
    _time("code_used", null=True),
    _text("state"),
    _time("ended", null=True),
    _text("proposal", since_later=True),
    Index("ix_ceremonies_trader", "trader", "started"),
    Index("ix_ceremonies_state", "state", "expires"),
)

sends = Table(
    "sends",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("trader"),
    _text("lane"),
    _time("at"),
    Index("ix_sends_trader", "trader", "lane", "at"),
    Index("ix_sends_at", "at"),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    _of("trader", "traders"),
    _text("channel"),
    _text("token_hash", unique=True),
    _time("started"),
    _time("last_input"),
    Column("idle", BigInteger, nullable=False),
    _time("ends"),
    _text("client", null=True),
    _text("methods"),
    _time("quarantined_until", null=True),
    _count("failed_proofs"),
    _time("ended", null=True),
    _text("end_reason", null=True),
    _text("address", null=True),
    _text("program"),
    _text("country", since_later=True),
    _text("network", since_later=True),
    Index("ix_sessions_trader", "trader", "ended"),
    Index("ix_sessions_last_input", "last_input"),
    Index("ix_sessions_idle", text("(last_input + idle)"), sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index("ix_sessions_ends", "ends", sqlite_where=_LIVE, postgresql_where=_LIVE),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    _of("trader", "traders"),
    _time("at"),
    _text("kind"),
    _text("params"),
    _time("read", null=True),
    Index("ix_inbox_trader", "trader", "at"),
)

changes = Table(
    "changes",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("subject"),
    _time("at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", TEXT, primary_key=True),
    _text("holder"),
    Column("token", BigInteger, nullable=False),
    _time("until"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _text("trader"),
    _text("channel"),
    _text("address", null=True),
    _text("kind"),
    _text("language"),
    _text("subject", null=True),
    _text("body", null=True),
    _text("code", null=True),
    _flag("has_code"),
    _time("created"),
    _time("first_due"),
    _time("due"),
    _time("expires"),
    _count("attempts"),
    _text("state"),
    _time("settled", null=True),
    _text("reason"),
    _text("provider_ref"),
    _text("reference", since_later=True),
    Index("ix_outbox_state", "state", "due"),
    Index("ix_outbox_trader", "trader", "kind", "first_due"),
    Index("ix_outbox_reference", "reference"),
)
