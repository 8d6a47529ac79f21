"""Sections of the settings that belong to no promise: where the server stands, its database, its keys, its logs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sekisho.domain.audit.policy import AuditPolicy
from sekisho.kernel.bounds import within
from sekisho.kernel.secrets import Secret

__all__ = ["AuditSettings", "DatabaseSettings", "GeodataSettings", "KeyringSettings", "LoggingSettings", "ServerSettings"]

_HOSTNAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_WIDEST_PROXY_NETWORK = 8
_PORT_SOURCE = "RFC 6335 §6"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where `serve` listens, and whom it believes.

    hostnames: the only names a request may call us by, the portal's own first; others are answered 421 (R5).
    https_address: address that HTTPS listens on; "0.0.0.0" or "::" for every one.
    https_port: port of HTTPS.
    public_port: port of HTTPS as clients reach it, behind a proxy for instance; 0 for `https_port`.
    http_port: port of plain HTTP on the same address, which only redirects; 0 for none.
    metrics_address: address of the metrics; keep it inside.
    metrics_port: port of the metrics; 0 for none.
    trusted_proxies: networks of the proxies whose word about a client's address counts; never all addresses (R5).
    client_address_header: the one header they give it in: "x-forwarded-for" or "x-real-ip"; "" without proxies (R5).
    certificate: PEM chain of the operator's certificate; without it one of the local CA is made.
    certificate_key: its private key (PKCS#8 PEM), readable by the server only.
    data_folder: where the embedded database, the local CA and the lock live.
    """

    hostnames: tuple[str, ...] = ("localhost", "127.0.0.1")
    https_address: str = "127.0.0.1"
    https_port: int = 8443
    public_port: int = 0
    http_port: int = 8080
    metrics_address: str = "127.0.0.1"
    metrics_port: int = 9464
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    client_address_header: Literal["", "x-forwarded-for", "x-real-ip"] = ""
    certificate: Path | None = None
    certificate_key: Path | None = None
    data_folder: Path = Path("/var/lib/sekisho")

    def __post_init__(self) -> None:
        _check_hostnames(self.hostnames)
        _check_address("https_address", self.https_address)
        _check_address("metrics_address", self.metrics_address)
        within("https_port", self.https_port, 1, 65535, source=_PORT_SOURCE)
        within("public_port", self.public_port, 0, 65535, source=_PORT_SOURCE)
        within("http_port", self.http_port, 0, 65535, source=_PORT_SOURCE)
        within("metrics_port", self.metrics_port, 0, 65535, source=_PORT_SOURCE)
        if self.http_port == self.https_port:
            raise ValueError("http_port must differ from https_port")
        if self.metrics_port in (self.https_port, self.http_port) and self.metrics_port:
            raise ValueError("metrics_port must differ from https_port and http_port")
        _check_proxies(self.trusted_proxies, self.client_address_header)
        if (self.certificate is None) != (self.certificate_key is None):
            named = "certificate_key" if self.certificate is None else "certificate"
            raise ValueError(f"{named} needs its other half: set certificate and certificate_key, or neither")


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where everything is kept.

    url: "postgresql://name@host/database"; empty for the embedded SQLite in `server.data_folder`.
    password: the database's password; better from a file (`password_file`), never inside `url`.
    """

    url: str = ""
    password: Secret | None = None

    def __post_init__(self) -> None:
        if not self.url:
            return
        try:
            parts = urlsplit(self.url)
        except ValueError:
            raise ValueError('url cannot be read; write it like "postgresql://name@host/database"') from None
        if parts.scheme.split("+")[0] not in ("postgresql", "sqlite"):
            raise ValueError("url must begin with postgresql:// or sqlite:///")
        if parts.password is not None and self.password is not None:
            raise ValueError("url holds a password and so does password; keep the latter")


@dataclass(frozen=True, slots=True)
class KeyringSettings:
    """The master keys (R9).

    file: the master key file, outside the data folder, readable by the server only; `sekisho keyring init FILE` makes one.
    """

    file: Path | None = None


@dataclass(frozen=True, slots=True)
class AuditSettings(AuditPolicy):
    """The audit log: its policy, and the files it needs outside the database.

    key_file: the key that signs the audit log, apart from the keyring (R8).
    heads_file: the file outside the database that signed heads are written to (R8).
    """

    key_file: Path | None = None
    heads_file: Path | None = None


@dataclass(frozen=True, slots=True)
class GeodataSettings:
    """Country and network of addresses, for people to read: a guess from public registers, by which nothing is blocked.

    country_file: the operator's own MMDB file of countries, instead of the one that is built in.
    network_file: an MMDB file of autonomous systems, such as GeoLite2-ASN, instead of the one that is built in.
    max_age: data older than this are warned about, in the log and by `sekisho doctor`.
    """

    country_file: Path | None = None
    network_file: Path | None = None
    max_age: timedelta = timedelta(days=270)

    def __post_init__(self) -> None:
        within("geodata.max_age", self.max_age, timedelta(days=7), timedelta(days=1000), source="operating practice")


@dataclass(frozen=True, slots=True)
class LoggingSettings:
    """What is told on standard error.

    level: "debug", "info", "warning" or "error"; from this gravity on.
    format: "json" for one JSON object a line, "console" for people, "auto" for "console" on a terminal only.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


def _check_hostnames(hostnames: tuple[str, ...]) -> None:
    """Names or addresses as they stand in a Host header, without scheme, port and path (R5)."""
    if not hostnames:
        raise ValueError("hostnames must name at least one host, or nobody could be served (R5)")
    for name in hostnames:
        if not _HOSTNAME.fullmatch(name) and not _is_address(name.strip("[]")):
            raise ValueError(f"hostnames must be lower-case names without scheme, port and path, not {name!r} (R5)")


def _check_proxies(networks: tuple[IPv4Network | IPv6Network, ...], header: str) -> None:
    """A network of everybody would let every client choose his address (R5)."""
    for network in networks:
        if network.prefixlen < _WIDEST_PROXY_NETWORK:
            raise ValueError(f"trusted_proxies must be narrower than /{_WIDEST_PROXY_NETWORK}: {network} would trust strangers (R5)")
    if networks and not header:
        raise ValueError("client_address_header must name the header that trusted_proxies give the client's address in (R5)")
    if header and not networks:
        raise ValueError("trusted_proxies must name the proxies that may send client_address_header (R5)")


def _check_address(name: str, text: str) -> None:
    if not _is_address(text):
        raise ValueError(f"{name} must be an IP address such as 127.0.0.1, 0.0.0.0 or ::1, not {text!r}")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
