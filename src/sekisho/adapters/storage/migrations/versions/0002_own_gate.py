"""The trader owns his gate: lists of addresses, login history, contacts, references of messages. Frozen once released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _add_columns()
    op.create_index("ix_outbox_reference", "outbox", ["reference"])
    _address_lists()
    _login_records()
    _contacts()


def _add_columns() -> None:
    op.add_column("meta", sa.Column("backed_up", sa.BigInteger(), nullable=True))
    op.add_column("meta", sa.Column("restored", sa.BigInteger(), nullable=True))
    op.add_column("traders", sa.Column("email", _TEXT, nullable=True))
    op.add_column("traders", sa.Column("phrase", _TEXT, nullable=True))
    op.add_column("traders", sa.Column("notify_known_logins", sa.SmallInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("traders", sa.Column("relay_acknowledged", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("country", _TEXT, nullable=False, server_default=sa.text("''")))
    op.add_column("sessions", sa.Column("network", _TEXT, nullable=False, server_default=sa.text("''")))
    op.add_column("ceremonies", sa.Column("proposal", _TEXT, nullable=False, server_default=sa.text("''")))
    op.add_column("outbox", sa.Column("reference", _TEXT, nullable=False, server_default=sa.text("''")))


def _address_lists() -> None:
    op.create_table(
        "address_lists",
        sa.Column("owner", _TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("entries", _TEXT, nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", _TEXT, nullable=False),
        sa.Column("pending", _TEXT, nullable=True),
        sa.Column("before", _TEXT, nullable=True),
        sa.Column("exempt", _TEXT, nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("owner", name="pk_address_lists"),
    )
    op.create_index("ix_address_lists_due", "address_lists", ["due"])


def _login_records() -> None:
    op.create_table(
        "login_records",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("outcome", _TEXT, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=True),
        sa.Column("program", _TEXT, nullable=False),
        sa.Column("country", _TEXT, nullable=False),
        sa.Column("network", _TEXT, nullable=False),
        sa.Column("methods", _TEXT, nullable=False),
        sa.Column("known_client", sa.SmallInteger(), nullable=False),
        sa.Column("session", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_login_records"),
    )
    op.create_index("ix_login_records_trader", "login_records", ["trader", "at"])
    op.create_index("ix_login_records_at", "login_records", ["at"])
    # One row for refusals of one reason from one source in one hour: a flood of tries cannot fill the disk.
    op.create_index(
        "uq_login_records_hour", "login_records", ["trader", "hour", "outcome", "reason", "channel", "source", "session"], unique=True
    )


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("trader", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("value", _TEXT, nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("added_by", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["trader"], ["traders.id"], name="fk_contacts_trader"),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
    )
    op.create_index("ix_contacts_trader", "contacts", ["trader", "kind"])
    op.create_index("ix_contacts_due", "contacts", ["state", "due"])
