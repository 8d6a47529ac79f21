"""Programs to begin from. Each runs as it stands, and as a test: `python -m sekisho.clients.broker.examples.NAME`.

They read where Sekisho serves from the environment: SEKISHO_URL, SEKISHO_KEY, and SEKISHO_CA for a private authority.
"""

from __future__ import annotations

import os

from sekisho.clients.broker import BrokerClient

__all__ = ["open_client"]


def open_client() -> BrokerClient:
    return BrokerClient(os.environ["SEKISHO_URL"], os.environ["SEKISHO_KEY"], os.environ.get("SEKISHO_CA"))
