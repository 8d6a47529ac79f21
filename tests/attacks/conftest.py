"""Attackers meet the same house as the tests of flows; stories told on one database are told on SQLite."""

from __future__ import annotations

from tests.databases import *  # noqa: F403
from tests.flows.conftest import aiko, house  # noqa: F401 - fixtures
from tests.web.portal.conftest import brokerage, keyring, pool  # noqa: F401 - fixtures
