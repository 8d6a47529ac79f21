"""Tables of monitoring: event log, intake, rules, lists, snapshots, instructions. See `tables` for the conventions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, text

from sekisho.adapters.storage.columns import count_column, id_column, metadata, text_column, time_column

__all__ = ["engine_snapshots", "event_intake", "forwarded_events", "instructions", "monitored_events", "rule_members", "rule_sets"]

_SPOKEN = text("verdict <> 'allow'")
_UNANSWERED = text("answer IS NULL")
_WHOLE = text("part = parts")
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

# Append-only; `sequence` has no gap. body: the event as msgpack. hash: of what its source sent, for repeats (R14). rules: version of the
# rule set that judged it; null where it was logged and not judged. features: their values as msgpack, for `verdict explain`.
monitored_events = Table(
    "monitored_events",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    text_column("id", unique=True),
    time_column("at"),
    text_column("kind"),
    text_column("account", null=True),
    text_column("trader", null=True),
    Column("body", LargeBinary, nullable=False),
    text_column("hash"),
    Column("rules", BigInteger, nullable=True),
    text_column("verdict", null=True),
    Column("points", Integer, nullable=True),
    Column("features", LargeBinary, nullable=True),
    text_column("reasons", null=True),
    Index("ix_monitored_events_at", "at"),
    Index("ix_monitored_events_account", "account", "sequence"),
    Index("ix_monitored_events_trader", "trader", "sequence"),
    Index("ix_monitored_events_spoken", "sequence", sqlite_where=_SPOKEN, postgresql_where=_SPOKEN),
)

# Sekisho's own events, written in the commit of what happened; the owner moves them into the log.
event_intake = Table(
    "event_intake",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    text_column("body"),
)

# What another node was sent, on its way to the owner and back; a row lives for a moment. events: how many. drafts, answer: as msgpack.
forwarded_events = Table(
    "forwarded_events",
    metadata,
    id_column(),
    time_column("created"),
    count_column("events"),
    Column("drafts", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=True),
    Index("ix_forwarded_events_unanswered", "id", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
)

# tested: what the last test of it said, as JSON. replaced: the version that was in force before, as long as it can be brought back.
rule_sets = Table(
    "rule_sets",
    metadata,
    Column("version", _NUMBER, primary_key=True, autoincrement=True),
    text_column("state"),
    text_column("text"),
    text_column("fingerprint"),
    time_column("proposed"),
    text_column("proposed_by"),
    text_column("why"),
    time_column("decided", null=True),
    text_column("decided_by", null=True),
    text_column("decision", null=True),
    text_column("tested", null=True),
    Column("replaced", BigInteger, nullable=True),
    Index("ix_rule_sets_state", "state", "version"),
)

rule_members = Table(
    "rule_members",
    metadata,
    text_column("list"),
    text_column("member"),
    time_column("expires", null=True),
    text_column("why"),
    text_column("added_by"),
    time_column("added"),
    PrimaryKeyConstraint("list", "member"),
)

# A part of a snapshot, each in a commit of its own; part: from 1 to `parts`. The last one, written last, makes the whole readable.
engine_snapshots = Table(
    "engine_snapshots",
    metadata,
    text_column("id"),
    count_column("part"),
    count_column("parts"),
    text_column("fingerprint"),
    Column("sequence", BigInteger, nullable=False),
    time_column("made"),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", "part"),
    Index("ix_engine_snapshots_whole", "fingerprint", "sequence", sqlite_where=_WHOLE, postgresql_where=_WHOLE),
)

# reference: the broker's own name of it. details: the instruction as JSON. event: id of the event that was judged.
instructions = Table(
    "instructions",
    metadata,
    id_column(),
    text_column("reference", unique=True),
    text_column("kind"),
    text_column("account"),
    text_column("trader"),
    text_column("session", null=True),
    text_column("hash"),
    text_column("details"),
    text_column("state"),
    text_column("verdict"),
    text_column("reasons"),
    text_column("event"),
    time_column("received"),
    time_column("expires"),
    time_column("settled", null=True),
    text_column("settled_by", null=True),
    count_column("version"),
    Index("ix_instructions_account", "account", "received"),
    Index("ix_instructions_trader", "trader", "state"),
    Index("ix_instructions_expiry", "state", "expires"),
)
