"""The kinds of column that the tables are made of, alike on both databases."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, SmallInteger, Text, text

__all__ = ["TEXT", "count_column", "flag_column", "id_column", "metadata", "of_column", "text_column", "time_column"]

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


# By code point on both databases: ids sort by time, and a locale of the server changes no order.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def text_column(name: str, *, null: bool = False, unique: bool = False, since_later: bool = False) -> Column[str]:
    """since_later: added to a table that may have rows, which get the empty text."""
    return Column(name, TEXT, nullable=null, unique=unique or None, server_default=text("''") if since_later else None)


def time_column(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def count_column(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def flag_column(name: str, *, since_later: bool = False) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default=text("0") if since_later else None)


def id_column() -> Column[str]:
    return Column("id", TEXT, primary_key=True)


def of_column(name: str, table: str) -> Column[str]:
    return Column(name, TEXT, ForeignKey(f"{table}.id"), nullable=False)
