"""Events that a node hands to the owner of the event log. Frozen once released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_UNANSWERED = sa.text("answer IS NULL")


def upgrade() -> None:
    op.create_table(
        "forwarded_events",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("drafts", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_forwarded_events"),
    )
    op.create_index("ix_forwarded_events_unanswered", "forwarded_events", ["id"], sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED)
