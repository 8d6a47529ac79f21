"""The broker's door: keys of its systems, and answers that are given again. Frozen once released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "broker_keys",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("client", _TEXT, nullable=False),
        sa.Column("prefix", _TEXT, nullable=False),
        sa.Column("secret_hash", _TEXT, nullable=False),
        sa.Column("hashed", sa.BigInteger(), nullable=False),
        sa.Column("scopes", _TEXT, nullable=False),
        sa.Column("networks", _TEXT, nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("made_by", _TEXT, nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("last_used", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_broker_keys"),
    )
    op.create_index("uq_broker_keys_prefix", "broker_keys", ["prefix"], unique=True)
    op.create_index("ix_broker_keys_client", "broker_keys", ["client"])
    op.create_table(
        "broker_answers",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("client", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("request_hash", _TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_broker_answers"),
    )
    op.create_index("uq_broker_answers_key", "broker_answers", ["client", "key"], unique=True)
    op.create_index("ix_broker_answers_at", "broker_answers", ["at"])
