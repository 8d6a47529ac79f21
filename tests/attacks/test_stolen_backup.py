"""The stolen backup: a copy of the database, without the key file (R8, R9, R16)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sekisho.adapters.cryptography.argon2id import Argon2id
from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.adapters.storage.sqlite import SqliteDatabase
from sekisho.domain.authentication.hashing import HashPolicy
from sekisho.flows.ports.security import Purpose, StoredPassword
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret
from tests.flows.house import House, caller


def test_the_file_holds_no_secret_in_the_clear(house: House) -> None:
    """Passwords, codes, tokens, phone numbers, addresses and programs: hashed under keys or sealed."""
    added = house.add()
    house.activate(added)
    with house.storage.reading() as tx:
        record = tx.traders.by_username("aiko")
    assert record is not None
    started = house.give_password("aiko", "plum blossom under snow", caller("203.0.113.99"))
    code = house.ask_code(started.token)  # type: ignore[union-attr]
    complete = house.give_code(started.token, code)  # type: ignore[union-attr]
    database = house.storage.database
    assert isinstance(database, SqliteDatabase)
    text = b"".join(path.read_bytes() for path in Path(database.path).parent.glob(f"{Path(database.path).name}*"))
    assert record.trader.id.encode() in text  # it is the right file
    secrets = [
        added.activation_code.reveal(), added.activation_code.reveal().replace("-", ""), "plum blossom", "+819012345678", f"#{code}",
        complete.session_token.reveal(), complete.client_token.reveal(), started.token.reveal(),  # type: ignore[union-attr]
    ]  # fmt: skip
    assert [secret for secret in secrets if secret.encode() in text] == []


def test_without_the_key_no_password_can_be_tried(house: House) -> None:
    """R9: the pepper is a seal over the argon2 text: there is nothing to run a word list against."""
    owner, thief = FileKeyring([b"o" * 32]), FileKeyring([b"t" * 32])
    sealed = Argon2id(HashPolicy(), owner).hash(Secret("plum blossom"), "aut_1")
    assert "argon2" not in sealed
    with pytest.raises(SekishoError):
        thief.open(Purpose.PEPPER, sealed, "aut_1")
    assert not Argon2id(HashPolicy(), thief).verify(StoredPassword(sealed, "aut_1"), Secret("plum blossom")).matches


def test_a_row_moved_to_another_trader_opens_nothing(house: House) -> None:
    """R9: sealed for its own row: a thief who may write puts no hash of his in the owner's place."""
    hashing = Argon2id(HashPolicy(), house.keyring)
    mine = hashing.hash(Secret("my own password"), "aut_mine")
    assert hashing.verify(StoredPassword(mine, "aut_mine"), Secret("my own password")).matches
    assert not hashing.verify(StoredPassword(mine, "aut_owner"), Secret("my own password")).matches
