"""Keys and certificates of a firm that sends mail."""

import ssl
from pathlib import Path

import pytest

from sekisho.adapters.cryptography.dkim_key import create_dkim_key
from tests.adapters.outbound.peer import certified


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mail")
    create_dkim_key(folder / "dkim.key")
    return folder


@pytest.fixture(scope="module")
def tls(keys) -> ssl.SSLContext:
    return certified(keys, "localhost")[0]
