"""What a version of the rules replaced, and a quick way to what monitoring spoke of. Frozen once released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rule_sets", sa.Column("replaced", sa.BigInteger(), nullable=True))
    spoken = sa.text("verdict <> 'allow'")
    op.create_index("ix_monitored_events_spoken", "monitored_events", ["sequence"], sqlite_where=spoken, postgresql_where=spoken)
