"""Snapshots of the engine in parts. Those of before stay, in one part each: a replay knows nothing of what was purged. Frozen."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_WHOLE = sa.text("part = parts")
_KEEP = sa.text(
    "INSERT INTO engine_snapshots (id, part, parts, fingerprint, sequence, made, data)"
    " SELECT :id, 1, 1, fingerprint, sequence, made, data FROM former_snapshots WHERE fingerprint = :fingerprint AND sequence = :sequence"
)


def upgrade() -> None:
    op.rename_table("engine_snapshots", "former_snapshots")
    if op.get_bind().dialect.name == "postgresql":  # there the name of a key is taken as long as its table is there
        op.execute("ALTER TABLE former_snapshots RENAME CONSTRAINT pk_engine_snapshots TO pk_former_snapshots")
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
    for fingerprint, sequence in op.get_bind().execute(sa.text("SELECT fingerprint, sequence FROM former_snapshots")).all():
        row = {"id": f"snp_{secrets.token_hex(13)}", "fingerprint": fingerprint, "sequence": sequence}
        op.get_bind().execute(_KEEP, row)
    op.drop_table("former_snapshots")
