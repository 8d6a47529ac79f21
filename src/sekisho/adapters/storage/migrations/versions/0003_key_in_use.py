"""When the master key in use came into use. Frozen once released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meta", sa.Column("key_since", sa.BigInteger(), nullable=True))
