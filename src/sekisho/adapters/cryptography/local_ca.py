"""HTTPS from the first start on: a certificate authority of this installation's own (P2; RFC 5280).

The CA can vouch for the configured host names and this machine's loopback names alone (name constraints, RFC 5280
§4.2.1.10), so that trusting it trusts it for nothing else. Its key is 0600 and never leaves the folder.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["CaDescription", "CertificatePaths", "describe_ca", "ensure_certificate"]

_CA_LIFE = timedelta(days=3652)
_LEAF_LIFE = timedelta(days=397)  # the most that browsers take from public CAs; ours keeps to it
_RENEW_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(hours=1)  # for clients whose clock is behind
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class CertificatePaths:
    """PEM files: the certificate to present, its PKCS#8 key, and the CA that vouches for it. renewed: they are new."""

    chain: Path
    key: Path
    ca: Path
    renewed: bool


@dataclass(frozen=True, slots=True)
class CaDescription:
    """What `sekisho ca show` prints: where the CA is, its SHA-256 fingerprint, what it may vouch for, how to trust it."""

    path: Path
    fingerprint: str
    names: tuple[str, ...]
    expires: datetime
    how_to_trust: str


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure_certificate(folder: Path, hostnames: tuple[str, ...], now: datetime) -> CertificatePaths:
    """A valid certificate for these host names and loopback, made or renewed if need be (less than 30 days left).

    The CA stays as it is as long as it may vouch for all the names; a further name takes a new CA, to be trusted anew.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = tuple(dict.fromkeys(name.lower().strip("[]") for name in (*hostnames, *_LOOPBACK)))
    ca = _read(folder, "ca")
    if ca is None or _expires_soon(ca.certificate, now) or not set(names) <= set(_constraints(ca.certificate)):
        ca = _make_ca(names, now)
        _write(folder, "ca", ca)
    leaf = _read(folder, "server")
    renewed = leaf is None or not _still_good(leaf.certificate, ca, names, now)
    if renewed:
        _write(folder, "server", _make_leaf(ca, names, now))
    return CertificatePaths(folder / "server.pem", folder / "server.key", folder / "ca.pem", renewed)


def _expires_soon(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_after_utc - now < _RENEW_BEFORE


def _still_good(leaf: x509.Certificate, ca: _Pair, names: tuple[str, ...], now: datetime) -> bool:
    try:
        leaf.verify_directly_issued_by(ca.certificate)
    except Exception:  # another CA, a damaged signature, a foreign algorithm: whatever it is, it is not ours
        return False
    alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(alternative) == {_general(name) for name in names} and not _expires_soon(leaf, now)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _general(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.IPAddress(address) if address else x509.DNSName(name)


def _constraint(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.IPAddress(ipaddress.ip_network(address)) if address else x509.DNSName(name)


def _constraints(ca: x509.Certificate) -> tuple[str, ...]:
    """The names a CA may vouch for."""
    permitted = ca.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or ()
    return tuple(str(name.value).partition("/")[0] for name in permitted)  # an address is a network of one


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _make_ca(names: tuple[str, ...], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sekisho"),
            # The random part keeps two installations' CAs apart in a client's list of authorities.
            x509.NameAttribute(NameOID.COMMON_NAME, f"Sekisho local CA {secrets.token_hex(4)}"),
        ]
    )
    certificate = (
        _builder(subject, subject, key.public_key(), now)
        .not_valid_after(now + _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints([_constraint(name) for name in names], None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _make_leaf(ca: _Pair, names: tuple[str, ...], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sekisho")])
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    certificate = (
        _builder(subject, ca.certificate.subject, key.public_key(), now)
        .not_valid_after(min(now - _BACKDATED + _LEAF_LIFE, ca.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(authority, critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .sign(ca.key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _read(folder: Path, name: str) -> _Pair | None:
    """The pair of that name; None when missing, damaged, or when a crash left halves of two pairs."""
    try:
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
        key = load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    except (OSError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        return None
    return _Pair(certificate, key)


def _write(folder: Path, name: str, pair: _Pair) -> None:
    key = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _replace(folder / f"{name}.key", key, 0o600)
    _replace(folder / f"{name}.pem", pair.certificate.public_bytes(Encoding.PEM), 0o644)


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all; the mode is right before the first byte is in."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)


def describe_ca(folder: Path) -> CaDescription | None:
    """The CA in that folder and how to trust it on the common systems; None when there is none."""
    pair = _read(folder, "ca")
    if pair is None:
        return None
    path = (folder / "ca.pem").resolve()
    certificate = pair.certificate
    return CaDescription(
        path=path,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        names=_constraints(certificate),
        expires=certificate.not_valid_after_utc,
        how_to_trust=_TRUST.format(path=path),
    )


_TRUST = """\
Debian, Ubuntu:  sudo cp {path} /usr/local/share/ca-certificates/sekisho-local-ca.crt && sudo update-ca-certificates
Windows:         certutil -user -addstore Root {path}
macOS:           security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db {path}
Firefox:         Settings > Privacy & Security > Certificates > View Certificates > Authorities > Import: {path}
Programs:        curl --cacert {path} ...; Python: ssl.create_default_context(cafile="{path}")
Compare the fingerprint first. To end the trust, remove the certificate where it was added.
"""
