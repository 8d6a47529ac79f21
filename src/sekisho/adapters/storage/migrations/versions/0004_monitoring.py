"""The event log, its intake, rules, lists, snapshots, and instructions. Frozen once released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _time(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    _events()
    _rules()
    _instructions()


def _events() -> None:
    op.create_table(
        "monitored_events",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("id"),
        _time("at"),
        _text("kind"),
        _text("account", nullable=True),
        _text("trader", nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _text("hash"),
        sa.Column("rules", sa.BigInteger(), nullable=True),
        _text("verdict", nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("features", sa.LargeBinary(), nullable=True),
        _text("reasons", nullable=True),
        sa.PrimaryKeyConstraint("sequence", name="pk_monitored_events"),
        sa.UniqueConstraint("id", name="uq_monitored_events_id"),
    )
    op.create_index("ix_monitored_events_at", "monitored_events", ["at"])
    op.create_index("ix_monitored_events_account", "monitored_events", ["account", "sequence"])
    op.create_index("ix_monitored_events_trader", "monitored_events", ["trader", "sequence"])
    op.create_table(
        "event_intake",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        _text("body"),
        sa.PrimaryKeyConstraint("number", name="pk_event_intake"),
    )


def _rules() -> None:
    op.create_table(
        "rule_sets",
        sa.Column("version", _NUMBER, autoincrement=True, nullable=False),
        *(_text(name) for name in ("state", "text", "fingerprint")),
        _time("proposed"),
        *(_text(name) for name in ("proposed_by", "why")),
        _time("decided", nullable=True),
        *(_text(name, nullable=True) for name in ("decided_by", "decision", "tested")),
        sa.PrimaryKeyConstraint("version", name="pk_rule_sets"),
    )
    op.create_index("ix_rule_sets_state", "rule_sets", ["state", "version"])
    op.create_table(
        "rule_members",
        _text("list"),
        _text("member"),
        _time("expires", nullable=True),
        _text("why"),
        _text("added_by"),
        _time("added"),
        sa.PrimaryKeyConstraint("list", "member", name="pk_rule_members"),
    )
    op.create_table(
        "engine_snapshots",
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        _text("fingerprint"),
        _time("made"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "sequence", name="pk_engine_snapshots"),
    )


def _instructions() -> None:
    op.create_table(
        "instructions",
        *(_text(name) for name in ("id", "reference", "kind", "account", "trader")),
        _text("session", nullable=True),
        *(_text(name) for name in ("hash", "details", "state", "verdict", "reasons", "event")),
        _time("received"),
        _time("expires"),
        _time("settled", nullable=True),
        _text("settled_by", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instructions"),
        sa.UniqueConstraint("reference", name="uq_instructions_reference"),
    )
    op.create_index("ix_instructions_account", "instructions", ["account", "received"])
    op.create_index("ix_instructions_trader", "instructions", ["trader", "state"])
    op.create_index("ix_instructions_expiry", "instructions", ["state", "expires"])
