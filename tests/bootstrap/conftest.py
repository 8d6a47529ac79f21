"""Fixtures of databases and houses."""

from tests.bootstrap.backup_house import ground
from tests.databases import *  # noqa: F403

__all__ = ["ground"]
