"""Snapshots of the engine in parts. Those of before go: a replay of the log makes them anew. Frozen once released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_WHOLE = sa.text("part = parts")


def upgrade() -> None:
    op.drop_table("engine_snapshots")
    op.create_table(
        "engine_snapshots",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("fingerprint", _TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "part", name="pk_engine_snapshots"),
    )
    op.create_index(
        "ix_engine_snapshots_whole", "engine_snapshots", ["fingerprint", "sequence"], sqlite_where=_WHOLE, postgresql_where=_WHOLE
    )
