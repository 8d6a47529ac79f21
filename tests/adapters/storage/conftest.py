"""Databases, and the few rows that most tests of storage start from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.accounts import Trader
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind, AuthenticatorState
from tests.databases import *  # noqa: F403

NOW = datetime(2026, 4, 1, 9, 0, 0, 123000, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class People:
    """Two traders; the first has a password and a phone."""

    aiko: Trader
    botan: Trader
    password: Authenticator
    phone: Authenticator


@pytest.fixture
def people(storage: SqlStorage) -> People:
    aiko = Trader("trd_aiko", "aiko", "Aiko Mori", "ja", NOW, activated=NOW)
    botan = Trader("trd_botan", "botan", "Botan Seki", "en", NOW)
    password = Authenticator("aut_1", aiko.id, AuthenticatorKind.PASSWORD, AuthenticatorState.ACTIVE, "sealed hash", NOW, NOW)
    phone = Authenticator("aut_2", aiko.id, AuthenticatorKind.PHONE, AuthenticatorState.PENDING, "sealed number", NOW, NOW)
    with storage.transaction() as tx:
        tx.traders.add(aiko, "aiko")
        tx.traders.add(botan, "botan")
        tx.authenticators.add(password)
        tx.authenticators.add(phone)
    return People(aiko, botan, password, phone)
