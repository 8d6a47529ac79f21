"""The tables of the first release. Frozen: a later change is a later revision."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("title", _TEXT, nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("frozen", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("number", name="uq_accounts_number"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("one", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("link", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_audit_checkpoint"),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("actor", _TEXT, nullable=True),
        sa.Column("trader", _TEXT, nullable=True),
        sa.Column("account", _TEXT, nullable=True),
        sa.Column("reason", _TEXT, nullable=True),
        sa.Column("facts", _TEXT, nullable=False),
        sa.Column("personal", _TEXT, nullable=True),
        sa.Column("personal_hash", _TEXT, nullable=True),
        sa.Column("salt", _TEXT, nullable=False),
        sa.Column("payload_hash", _TEXT, nullable=False),
        sa.Column("mac", _TEXT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("link", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
        sa.UniqueConstraint("position", name="uq_audit_entries_position"),
    )
    op.create_table(
        "audit_exports",
        sa.Column("sink", _TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sink", name="pk_audit_exports"),
    )
    op.create_table(
        "audit_heads",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("link", _TEXT, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("firm", _TEXT, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("standing", _TEXT, nullable=False),
        sa.Column("key_id", _TEXT, nullable=False),
        sa.Column("signature", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_heads"),
    )
    op.create_table(
        "ceremonies",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("token_hash", _TEXT, nullable=False),
        sa.Column("purpose", _TEXT, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("phone", _TEXT, nullable=False),
        sa.Column("lane", _TEXT, nullable=False),
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("gate_version", sa.Integer(), nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("program", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=True),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("action_text", _TEXT, nullable=False),
        sa.Column("session", _TEXT, nullable=True),
        sa.Column("code_hash", _TEXT, nullable=True),
        sa.Column("code_sent", sa.BigInteger(), nullable=True),
        sa.Column("code_expires", sa.BigInteger(), nullable=True),
        sa.Column("code_tries_left", sa.Integer(), nullable=True),
        sa.Column("code_used", sa.BigInteger(), nullable=True),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ceremonies"),
        sa.UniqueConstraint("token_hash", name="uq_ceremonies_token_hash"),
    )
    op.create_index("ix_ceremonies_state", "ceremonies", ["state", "expires"], unique=False)
    op.create_index("ix_ceremonies_trader", "ceremonies", ["trader", "started"], unique=False)
    op.create_table(
        "changes",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_changes"),
    )
    op.create_table(
        "counters",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "leases",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("holder", _TEXT, nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "lockouts",
        sa.Column("authenticator", _TEXT, nullable=False),
        sa.Column("lane", _TEXT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure", sa.BigInteger(), nullable=True),
        sa.Column("restricted_since", sa.BigInteger(), nullable=True),
        sa.Column("restricted_until", sa.BigInteger(), nullable=True),
        sa.Column("restricted_by", _TEXT, nullable=True),
        sa.Column("open", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("authenticator", "lane", name="pk_lockouts"),
    )
    op.create_table(
        "meta",
        sa.Column("one", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("canary", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("one", name="pk_meta"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=True),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=True),
        sa.Column("body", _TEXT, nullable=True),
        sa.Column("code", _TEXT, nullable=True),
        sa.Column("has_code", sa.SmallInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("first_due", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=True),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("provider_ref", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_state", "outbox", ["state", "due"], unique=False)
    op.create_index("ix_outbox_trader", "outbox", ["trader", "kind", "first_due"], unique=False)
    op.create_table(
        "sends",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("lane", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_sends"),
    )
    op.create_index("ix_sends_at", "sends", ["at"], unique=False)
    op.create_index("ix_sends_trader", "sends", ["trader", "lane", "at"], unique=False)
    op.create_table(
        "traders",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("username", _TEXT, nullable=False),
        sa.Column("look_alike", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("activated", sa.BigInteger(), nullable=True),
        sa.Column("suspended", sa.BigInteger(), nullable=True),
        sa.Column("frozen", _TEXT, nullable=False),
        sa.Column("gate_version", sa.Integer(), nullable=False),
        sa.Column("password_change_needed", sa.SmallInteger(), nullable=False),
        sa.Column("logoff_after", sa.BigInteger(), nullable=True),
        sa.Column("quarantined_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_traders"),
        sa.UniqueConstraint("look_alike", name="uq_traders_look_alike"),
        sa.UniqueConstraint("username", name="uq_traders_username"),
    )
    op.create_table(
        "authenticators",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("value", _TEXT, nullable=False),
        sa.Column("bound", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["trader"], ["traders.id"], name="fk_authenticators_trader"),
        sa.PrimaryKeyConstraint("id", name="pk_authenticators"),
    )
    op.create_index("ix_authenticators_trader", "authenticators", ["trader", "kind"], unique=False)
    op.create_index("ix_authenticators_value", "authenticators", ["kind", "value"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("params", _TEXT, nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["trader"], ["traders.id"], name="fk_inbox_trader"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
    )
    op.create_index("ix_inbox_trader", "inbox", ["trader", "at"], unique=False)
    op.create_table(
        "known_clients",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("token_hash", _TEXT, nullable=False),
        sa.Column("name_hash", _TEXT, nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("last_used", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("program", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["trader"], ["traders.id"], name="fk_known_clients_trader"),
        sa.PrimaryKeyConstraint("id", name="pk_known_clients"),
        sa.UniqueConstraint("token_hash", name="uq_known_clients_token_hash"),
    )
    op.create_index("ix_known_clients_trader", "known_clients", ["trader"], unique=False)
    op.create_table(
        "mandates",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("account", _TEXT, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("role", _TEXT, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_mandates_account"),
        sa.ForeignKeyConstraint(["trader"], ["traders.id"], name="fk_mandates_trader"),
        sa.PrimaryKeyConstraint("id", name="pk_mandates"),
    )
    op.create_index("ix_mandates_account", "mandates", ["account"], unique=False)
    op.create_index("ix_mandates_trader", "mandates", ["trader"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("token_hash", _TEXT, nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("last_input", sa.BigInteger(), nullable=False),
        sa.Column("idle", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("client", _TEXT, nullable=True),
        sa.Column("methods", _TEXT, nullable=False),
        sa.Column("quarantined_until", sa.BigInteger(), nullable=True),
        sa.Column("failed_proofs", sa.Integer(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", _TEXT, nullable=True),
        sa.Column("address", _TEXT, nullable=True),
        sa.Column("program", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["trader"], ["traders.id"], name="fk_sessions_trader"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    )
    op.create_index("ix_sessions_last_input", "sessions", ["last_input"], unique=False)
    op.create_index("ix_sessions_trader", "sessions", ["trader", "ended"], unique=False)
    op.create_table(
        "authenticator_life",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("authenticator", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", _TEXT, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=True),
        sa.Column("program", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["authenticator"], ["authenticators.id"], name="fk_authenticator_life_authenticator"),
        sa.PrimaryKeyConstraint("number", name="pk_authenticator_life"),
    )
    op.create_index("ix_authenticator_life_authenticator", "authenticator_life", ["authenticator"], unique=False)
    # ### end Alembic commands ###
    op.execute(sa.text("INSERT INTO meta (one, epoch, made) VALUES (1, 1, :made)").bindparams(made=int(time.time() * 1000)))
    op.execute("INSERT INTO counters (name, value) VALUES ('changes', 0)")
