"""R9: derived keys per purpose, sealed texts bound to their place, and key files that others could read are refused."""

import os
import stat
from datetime import UTC, datetime
from itertools import combinations

import pytest

from sekisho.adapters.cryptography.key_lines import changing_keys, new_key, read_keys, replace_keys
from sekisho.adapters.cryptography.keyring import FileKeyring, create_master_key, load_keyring
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.errors import Kind, SekishoError

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def keyring():
    return FileKeyring([NEW])


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys" / "master.key"
    path.parent.mkdir()
    create_master_key(path)
    return path


def test_a_sealed_text_opens_in_its_place_alone(keyring):
    sealed = keyring.seal(Purpose.FIELDS, "+81 90 関所", "trd_1")
    assert keyring.open(Purpose.FIELDS, sealed, "trd_1") == "+81 90 関所"
    for purpose, context in ((Purpose.FIELDS, "trd_2"), (Purpose.PEPPER, "trd_1"), (Purpose.FIELDS, "")):
        with pytest.raises(SekishoError) as refusal:
            keyring.open(purpose, sealed, context)
        assert refusal.value.kind is Kind.INVALID
        assert "関所" not in str(refusal.value)


def test_any_changed_character_is_noticed(keyring):
    sealed = keyring.seal(Purpose.FIELDS, "secret", "row")
    for at, character in enumerate(sealed[:-1]):  # the last carries spare bits of base64
        changed = sealed[:at] + ("A" if character != "A" else "B") + sealed[at + 1 :]
        with pytest.raises(SekishoError):
            keyring.open(Purpose.FIELDS, changed, "row")


@pytest.mark.parametrize(
    "text", ["", "v1", "v1..", "v1.x.y", "v1.\x00.é", "v2.0.0", "a.b.c.d", "v1.00.====", "v1.%s.", "v1.%s.AAAA", "v1.%s.é"]
)
def test_nonsense_is_refused_and_never_crashes(keyring, text):
    with pytest.raises(SekishoError):
        keyring.open(Purpose.FIELDS, text.replace("%s", keyring.key_id), "row")


def test_the_same_text_never_seals_alike(keyring):
    assert keyring.seal(Purpose.FIELDS, "x", "row") != keyring.seal(Purpose.FIELDS, "x", "row")


def test_hashes_differ_by_purpose_and_key_and_are_stable(keyring):
    hashes = {purpose: keyring.keyed_hash(purpose, "123456") for purpose in Purpose}
    assert all(a != b for a, b in combinations(hashes.values(), 2))
    assert hashes == {purpose: FileKeyring([NEW, OLD]).keyed_hash(purpose, "123456") for purpose in Purpose}
    assert FileKeyring([OLD]).keyed_hash(Purpose.CODES, "123456") != hashes[Purpose.CODES]
    assert {len(text) for text in hashes.values()} == {43}


def test_the_derivation_is_fixed_for_ever():
    """Known answers: a change of the derivation would make every stored hash and sealed text worthless."""
    fixed = FileKeyring([bytes(range(32))])
    assert fixed.key_id == "e08449666f"
    assert fixed.keyed_hash(Purpose.CODES, "123456") == "tUX93bE5dZlrTsnemaRfO2VvDZ3eoL1rsClgbACai2o"
    assert fixed.open(Purpose.PEPPER, "v1.e08449666f.Q8IPOVj66CQBIvpry8Uz9JFqLER-z3jnaMrUKMWjg-js", "atr_1") == "plain"


def test_an_older_key_still_opens_and_says_that_it_is_old():
    sealed = FileKeyring([OLD]).seal(Purpose.PEPPER, "x", "row")
    rotated = FileKeyring([NEW, OLD])
    assert rotated.open(Purpose.PEPPER, sealed, "row") == "x"
    assert not rotated.is_current(sealed)
    assert rotated.is_current(rotated.seal(Purpose.PEPPER, "x", "row"))
    with pytest.raises(SekishoError, match="not in the keyring"):
        FileKeyring([NEW]).open(Purpose.PEPPER, sealed, "row")


def test_a_new_key_file_is_private_and_never_overwritten(key_file, tmp_path):
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    before = key_file.read_text()
    with pytest.raises(SekishoError, match="exists already"):
        create_master_key(key_file)
    assert key_file.read_text() == before
    dangling = tmp_path / "link"
    dangling.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SekishoError):
        create_master_key(dangling)
    assert not (tmp_path / "elsewhere").exists()


def test_two_loads_are_the_same_keyring(key_file, tmp_path):
    first, second = (load_keyring(key_file, tmp_path / "data") for _ in range(2))
    assert second.open(Purpose.FIELDS, first.seal(Purpose.FIELDS, "x", "row"), "row") == "x"
    assert first.key_id in key_file.read_text()


@pytest.mark.parametrize("mode, words", [(0o640, "chmod 600"), (0o604, "chmod 600"), (0o620, "chmod 600"), (0o601, "chmod 600")])
def test_a_key_file_that_others_reach_is_refused(key_file, tmp_path, mode, words):
    key_file.chmod(mode)
    with pytest.raises(SekishoError, match=words):
        load_keyring(key_file, tmp_path / "data")


def test_a_key_file_in_the_data_folder_is_refused_also_through_a_link(key_file, tmp_path):
    with pytest.raises(SekishoError, match="inside the data folder"):
        load_keyring(key_file, key_file.parent)
    link = tmp_path / "link"
    link.symlink_to(key_file)
    with pytest.raises(SekishoError, match="inside the data folder"):
        load_keyring(link, key_file.parent)
    assert load_keyring(key_file, None).key_id  # the demo


def test_a_missing_key_file_names_the_command(tmp_path):
    with pytest.raises(SekishoError, match="sekisho keyring init"):
        load_keyring(tmp_path / "none", tmp_path / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_of_another_account_is_refused(key_file, tmp_path):
    os.chown(key_file, 12345, 12345)
    with pytest.raises(SekishoError, match="chown"):
        load_keyring(key_file, tmp_path / "data")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text.replace("sekisho-keyring 1", "sekisho-keyring 2"),
        lambda text: text[:-3],
        lambda text: text.replace("key ", "kee "),
        lambda text: text + text.splitlines()[-1],
        lambda text: "\n".join(text.splitlines()[:2]),
        lambda text: text[:-2] + ("0" if text[-2] != "0" else "1") + "\n",
        lambda text: text + "関",
    ],
)
def test_a_damaged_key_file_is_refused(key_file, tmp_path, change):
    key_file.write_text(change(key_file.read_text()))
    with pytest.raises(SekishoError) as refusal:
        load_keyring(key_file, tmp_path / "data")
    assert str(key_file) in refusal.value.detail


def test_a_folder_is_no_key_file(tmp_path):
    with pytest.raises(SekishoError):
        load_keyring(tmp_path, tmp_path / "data")


def test_a_keyring_never_prints_a_key(key_file, tmp_path):
    keyring = load_keyring(key_file, tmp_path / "data")
    digits = key_file.read_text().split()[-1]
    assert digits not in repr(keyring) and digits not in repr(vars(keyring))


def test_the_key_in_use_is_the_databases_word_and_others_still_find_their_hashes():
    held = FileKeyring([NEW, OLD])
    old, new = FileKeyring([OLD]), FileKeyring([NEW])
    assert held.use(old.key_id) and not held.use("0123456789")
    assert held.key_id == old.key_id and held.key_ids == {old.key_id, new.key_id}
    hashes = [one.keyed_hash(Purpose.TOKENS, "a token") for one in (old, new)]
    assert held.keyed_hash(Purpose.TOKENS, "a token") == hashes[0] and held.keyed_hashes(Purpose.TOKENS, "a token") == hashes
    assert held.use(new.key_id)
    assert held.keyed_hashes(Purpose.TOKENS, "a token") == hashes[::-1]


def test_a_replaced_file_is_read_when_a_text_of_an_unknown_key_turns_up(key_file, tmp_path):
    running = load_keyring(key_file, tmp_path / "data")
    first = running.key_id
    fresh = new_key(datetime.now(UTC))
    replace_keys(key_file, [fresh, *read_keys(key_file, tmp_path / "data")])
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert running.open(Purpose.FIELDS, FileKeyring([fresh.key]).seal(Purpose.FIELDS, "x", "row"), "row") == "x"
    assert running.key_id == first, "a key in the file is not in use yet"
    assert running.use(fresh.id) and running.key_id == fresh.id


def test_a_file_that_lost_the_key_in_use_or_is_damaged_takes_nothing_from_a_running_node(key_file, tmp_path):
    running = load_keyring(key_file, tmp_path / "data")
    sealed = running.seal(Purpose.FIELDS, "x", "row")
    replace_keys(key_file, [new_key(datetime.now(UTC))])
    running.refresh()
    assert running.open(Purpose.FIELDS, sealed, "row") == "x" and len(running.key_ids) == 2
    key_file.write_text("sekisho-keyring 1\nkey of nothing\n")
    running.refresh()
    assert running.open(Purpose.FIELDS, sealed, "row") == "x"


def test_one_command_at_a_time_changes_the_keys(key_file):
    with changing_keys(key_file), pytest.raises(SekishoError, match="another command"), changing_keys(key_file):
        pass
    with changing_keys(key_file):
        pass


def test_a_line_of_a_key_prints_no_key():
    line = new_key(datetime.now(UTC))
    assert line.key.hex() not in f"{line} {line!r}" and line.id in repr(line)
