"""The RSA key that signs the firm's mails, and what its DNS has to say (J10; RFC 6376 §3.6.1, RFC 8301, RFC 7489 §6.3)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

from sekisho.adapters.cryptography.key_file import create_private, read_private, refused
from sekisho.kernel.secrets import Secret

__all__ = ["DnsRecord", "create_dkim_key", "dkim_record", "dmarc_record", "load_dkim_key"]

_COMMAND = "sekisho mail dkim-key"
_BITS = 2048
_LONGEST_STRING = 255  # of one character-string of a TXT record (RFC 1035 §3.3)


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A TXT record. name: whole, without the last dot."""

    name: str
    text: str

    def zone_line(self) -> str:
        """As it stands in a zone file; a long text in several strings, which readers join."""
        parts = (self.text[start : start + _LONGEST_STRING] for start in range(0, len(self.text), _LONGEST_STRING))
        strings = '" "'.join(parts)
        return f'{self.name}. IN TXT ( "{strings}" )'


def create_dkim_key(path: Path) -> None:
    """Raises SekishoError INVALID when the file is there already or cannot be made."""
    key = rsa.generate_private_key(65537, _BITS)
    create_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode("ascii"))


def load_dkim_key(path: Path) -> Secret:
    """Its PEM text. Raises SekishoError INVALID when it cannot be read, when others can, or when it is no RSA key of 2048 bits."""
    return Secret(_read(path).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode("ascii"))


def dkim_record(path: Path, domain: str, selector: str) -> DnsRecord:
    """By which receivers verify what the key signs."""
    public = _read(path).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return DnsRecord(f"{selector}._domainkey.{domain}", f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")


def dmarc_record(domain: str) -> DnsRecord:
    """Receivers refuse what claims to be from the domain and is not signed by it (J10)."""
    return DnsRecord(f"_dmarc.{domain}", "v=DMARC1; p=reject; adkim=s")


def _read(path: Path) -> rsa.RSAPrivateKey:
    text = read_private(path, _COMMAND, None)
    try:
        key = load_pem_private_key(text.encode("ascii"), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise refused(path, "is no RSA key in PEM form without a pass phrase") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _BITS:
        raise refused(path, f"is no RSA key of at least {_BITS} bits; make one with: {_COMMAND} FILE")
    return key
