"""P2: the first start has a certificate which a real TLS client accepts, and whose CA can vouch for nothing else."""

import ssl
import stat
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from sekisho.adapters.cryptography import local_ca
from sekisho.adapters.cryptography.local_ca import describe_ca, ensure_certificate

NOW = datetime.now(UTC)


def handshake(paths, name):
    """A TLS handshake in memory, the client trusting that CA alone."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(paths.chain, paths.key)
    client = ssl.create_default_context(cafile=paths.ca)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (ours, theirs):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return ours.version()


@pytest.mark.parametrize("name", ["login.broker.example", "localhost", "127.0.0.1", "::1", "10.1.2.3"])
def test_a_client_that_trusts_the_ca_accepts_the_certificate(tmp_path, name):
    paths = ensure_certificate(tmp_path, ("login.broker.example", "10.1.2.3"), NOW)
    assert handshake(paths, name) == "TLSv1.3"


def test_another_name_or_another_ca_is_not_accepted(tmp_path):
    paths = ensure_certificate(tmp_path / "a", ("login.broker.example",), NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(paths, "evil.example")
    other = ensure_certificate(tmp_path / "b", ("login.broker.example",), NOW)
    foreign = local_ca.CertificatePaths(paths.chain, paths.key, other.ca, False)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(foreign, "login.broker.example")


@pytest.mark.parametrize("name", ["bank.example", "8.8.8.8"])
def test_the_ca_cannot_vouch_for_other_names(tmp_path, name):
    """Even whoever steals the CA's key gets nothing past a client that trusts it."""
    paths = ensure_certificate(tmp_path, ("login.broker.example",), NOW)
    ca = local_ca._read(tmp_path, "ca")
    local_ca._write(tmp_path, "server", local_ca._make_leaf(ca, (name,), NOW))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(paths, name)


@pytest.mark.parametrize(
    "days, names, ca_kept, leaf_kept",
    [
        (0, ("a.example",), True, True),
        (366, ("a.example",), True, True),
        (368, ("a.example",), True, False),
        (398, ("a.example",), True, False),
        (0, (), True, False),  # a name less: within what the CA may vouch for
        (0, ("a.example", "b.example"), False, False),  # a name more
        (3652 - 29, ("a.example",), False, False),
    ],
)
def test_renewal(tmp_path, days, names, ca_kept, leaf_kept):
    paths = ensure_certificate(tmp_path, ("a.example",), NOW)
    assert paths.renewed
    ca, leaf = paths.ca.read_bytes(), paths.chain.read_bytes()
    later = ensure_certificate(tmp_path, names, NOW + timedelta(days=days))
    assert (paths.ca.read_bytes() == ca, paths.chain.read_bytes() == leaf) == (ca_kept, leaf_kept)
    assert later.renewed is not leaf_kept
    x509.load_pem_x509_certificate(paths.chain.read_bytes()).verify_directly_issued_by(
        x509.load_pem_x509_certificate(paths.ca.read_bytes())
    )


@pytest.mark.parametrize("damaged", ["server.key", "server.pem", "ca.pem", "ca.key"])
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "foreign"])
def test_halves_left_by_a_crash_are_made_anew(tmp_path, damaged, content):
    paths = ensure_certificate(tmp_path / "mine", ("a.example",), NOW)
    file = tmp_path / "mine" / damaged
    if content is None:
        file.unlink()
    elif content == "foreign":
        ensure_certificate(tmp_path / "other", ("a.example",), NOW)
        file.write_bytes((tmp_path / "other" / damaged).read_bytes())
    else:
        file.write_bytes(content)
    ensure_certificate(tmp_path / "mine", ("a.example",), NOW)
    assert handshake(paths, "a.example") == "TLSv1.3"


def test_keys_are_private_p256_and_pkcs8_and_lives_are_bounded(tmp_path):
    paths = ensure_certificate(tmp_path / "new", ("a.example",), NOW)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((tmp_path / "new" / name).stat().st_mode) == 0o600
        assert "BEGIN PRIVATE KEY" in (tmp_path / "new" / name).read_text()
    leaf = x509.load_pem_x509_certificate(paths.chain.read_bytes())
    assert isinstance(leaf.public_key().curve, ec.SECP256R1)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    assert not [path.name for path in (tmp_path / "new").iterdir() if path.name.startswith(".")]


def test_the_description_tells_how_to_trust_it(tmp_path):
    assert describe_ca(tmp_path) is None
    paths = ensure_certificate(tmp_path, ("a.example",), NOW)
    described = describe_ca(tmp_path)
    assert described.names == ("a.example", "localhost", "127.0.0.1", "::1")
    assert len(described.fingerprint.split(":")) == 32
    assert str(paths.ca) in described.how_to_trust
    for system in ("Debian", "Windows", "macOS", "Firefox"):
        assert system in described.how_to_trust
