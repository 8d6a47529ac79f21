"""The house that tests of flows happen in, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sekisho.adapters.cryptography.keyring import FileKeyring
from tests.databases import *  # noqa: F403
from tests.flows.asked import asked  # noqa: F401 - a fixture
from tests.flows.contact_changes import change  # noqa: F401 - a fixture
from tests.flows.fittings import open_sealed_storage
from tests.flows.house import House, Person
from tests.flows.older_copy import place  # noqa: F401 - a fixture
from tests.flows.sealed_columns import unlisted_places

KEYRING = FileKeyring([b"k" * 32])


@pytest.fixture
def house(storage_url: str) -> Iterator[House]:
    storage = open_sealed_storage(storage_url, KEYRING)
    opened = House(storage, KEYRING)
    try:
        yield opened
        assert unlisted_places(storage) == []
    finally:
        opened.close()
        storage.close()


@pytest.fixture
def aiko(house: House) -> Person:
    """A trader, enrolled, whose enrolment is two days past."""
    person = house.enrol()
    house.clock.advance(days=2)
    return person
