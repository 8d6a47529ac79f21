"""R8: the audit key is a file of its own; its public half is all that verification needs."""

import stat

import pytest

from sekisho.adapters.cryptography.audit_key import create_audit_key, load_audit_key, load_audit_public_key, public_path
from sekisho.kernel.errors import SekishoError


@pytest.fixture
def path(tmp_path):
    create_audit_key(tmp_path / "audit.key")
    return tmp_path / "audit.key"


def test_heads_verify_with_the_public_file_alone(path, tmp_path):
    key = load_audit_key(path, tmp_path / "data")
    public = load_audit_public_key(public_path(path).read_text())
    signature = key.sign(b"head")
    assert public.key_id == key.key_id
    assert public.verifies(signature, b"head")
    assert not public.verifies(signature, b"heaD")
    assert not public.verifies(bytes(64), b"head")
    assert not public.verifies(b"", b"head")


def test_entries_get_a_mac_that_needs_the_key(path, tmp_path):
    create_audit_key(tmp_path / "other.key")
    mine, other = load_audit_key(path, None), load_audit_key(tmp_path / "other.key", None)
    assert mine.mac(b"entry") == load_audit_key(path, None).mac(b"entry")
    assert mine.mac(b"entry") != other.mac(b"entry")
    assert mine.key_id != other.key_id


def test_the_private_file_is_private_and_neither_is_overwritten(path, tmp_path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(public_path(path).stat().st_mode) == 0o644
    with pytest.raises(SekishoError, match="exists already"):
        create_audit_key(path)
    path.unlink()
    with pytest.raises(SekishoError, match="exists already"):
        create_audit_key(path)


def test_it_is_refused_as_a_master_key_is(path, tmp_path):
    with pytest.raises(SekishoError, match="inside the data folder"):
        load_audit_key(path, tmp_path)
    path.chmod(0o644)
    with pytest.raises(SekishoError, match="chmod 600"):
        load_audit_key(path, None)
    with pytest.raises(SekishoError, match="sekisho keyring init-audit"):
        load_audit_key(tmp_path / "none", None)


@pytest.mark.parametrize("text", ["", "sekisho-audit-key 1\n", "sekisho-audit-key 1\nsigning 00\nmac 00\n", "sekisho-keyring 1\na\nb\n"])
def test_a_damaged_file_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(SekishoError, match="no audit key"):
        load_audit_key(path, None)


@pytest.mark.parametrize("pem", ["", "関所", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_nonsense_is_no_public_key(pem):
    with pytest.raises(SekishoError):
        load_audit_public_key(pem)
