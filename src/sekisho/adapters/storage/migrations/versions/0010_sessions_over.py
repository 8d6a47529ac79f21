"""Quick ways to the sessions that are over by the clock. Frozen once released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_LIVE = sa.text("ended IS NULL")


def upgrade() -> None:
    op.create_index("ix_sessions_idle", "sessions", [sa.text("(last_input + idle)")], sqlite_where=_LIVE, postgresql_where=_LIVE)
    op.create_index("ix_sessions_ends", "sessions", ["ends"], sqlite_where=_LIVE, postgresql_where=_LIVE)
