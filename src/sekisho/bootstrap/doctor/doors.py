"""How customers reach the house: certificate, names, ports, proxies, metrics (P2, R5)."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from sekisho.bootstrap.doctor.finding import Finding, fail, fine, skip, warn
from sekisho.bootstrap.doctor.scene import NotLooked, Scene
from sekisho.bootstrap.plans import CA_FOLDER

__all__ = ["certificate", "hostnames", "metrics", "ports", "proxies"]

_SOON = timedelta(days=14)
_NARROW = {4: 24, 6: 64}


def certificate(scene: Scene) -> Finding:
    server = scene.settings.server
    own = server.certificate is not None
    path = server.certificate or server.data_folder / CA_FOLDER / "server.pem"
    key = server.certificate_key or server.data_folder / CA_FOLDER / "server.key"
    try:
        leaf = x509.load_pem_x509_certificates(path.read_bytes())[0]
        fits = _public(leaf.public_key()) == _public(load_pem_private_key(key.read_bytes(), None).public_key())
    except FileNotFoundError as error:
        if not own:
            return skip("the local authority makes one at the first start of `serve`")
        return fail(f"{error.filename} is missing", "set server.certificate and server.certificate_key")
    except (OSError, ValueError, TypeError) as error:
        return fail(f"{path} or its key cannot be read: {type(error).__name__}", "PEM files, the key in PKCS#8 without a password")
    missing = [name for name in server.hostnames if not _covers(leaf, name.strip("[]"))]
    ends = leaf.not_valid_after_utc
    if not fits:
        return fail(f"{key} is not the key of {path}", "set server.certificate_key to the one it was made with")
    if missing:
        return fail(f"{path} does not name {', '.join(missing)}", "order one with every name of server.hostnames")
    if ends - scene.now < _SOON:
        mark = fail if ends < scene.now else warn
        return mark(f"it ends {ends:%Y-%m-%d}", "renew it, then systemctl reload sekisho")
    if not own:
        return warn(f"of the local authority, until {ends:%Y-%m-%d}: browsers of customers do not know it", "set server.certificate")
    return fine(f"{path}, names {', '.join(server.hostnames)}, until {ends:%Y-%m-%d}")


def hostnames(scene: Scene) -> Finding:
    names = [name for name in scene.settings.server.hostnames if not _is_address(name.strip("[]"))]
    if scene.offline:
        raise NotLooked("--offline")
    unknown = [name for name in names if not _resolves(name)]
    if unknown:
        return warn(f"unknown to this machine's resolver: {', '.join(unknown)}", "a DNS record, or take them out of server.hostnames")
    if set(names) <= {"localhost"}:
        return warn("only this machine's own names are served", "set server.hostnames to the portal's name")
    return fine(", ".join(names))


def ports(scene: Scene) -> Finding:
    server = scene.settings.server
    wanted = [(server.https_address, server.https_port), (server.https_address, server.http_port)]
    wanted.append((server.metrics_address, server.metrics_port))
    taken, refused = [], []
    for address, port in wanted:
        match _bind(address, port) if port else 0:
            case errno.EADDRINUSE:
                taken.append(f"{address}:{port}")
            case code if code:
                refused.append(f"{address}:{port} ({os.strerror(code)})")
    if refused:
        return fail(f"cannot listen on {', '.join(refused)}", "a port above 1023, or AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit")
    if taken and not _is_held(server.data_folder / "serve.lock"):
        return fail(f"{', '.join(taken)} is taken by another program", f"ss -ltnp 'sport = :{taken[0].rpartition(':')[2]}' names it")
    if taken:
        return fine(f"{', '.join(taken)}: held by the `serve` of this data folder")
    return fine("free: " + ", ".join(f"{address}:{port}" for address, port in wanted if port))


def proxies(scene: Scene) -> Finding:
    server = scene.settings.server
    if not server.trusted_proxies:
        if ip_address(server.https_address).is_loopback:
            seen = "no trusted proxy, and HTTPS listens on this machine alone: every customer would seem to come from the proxy"
            return warn(seen, "set server.trusted_proxies and server.client_address_header, or server.https_address")
        return fine("clients connect directly")
    wide = [str(network) for network in server.trusted_proxies if not network.is_private and network.prefixlen < _NARROW[network.version]]
    if wide:
        return warn(f"strangers may stand in {', '.join(wide)} and choose their address", "name the proxies' own addresses")
    return fine(f"{', '.join(map(str, server.trusted_proxies))} by {server.client_address_header}")


def metrics(scene: Scene) -> Finding:
    server = scene.settings.server
    if not server.metrics_port:
        return warn("no metrics: nobody hears when something stops", "set server.metrics_port")
    address = ip_address(server.metrics_address)
    if address.is_unspecified or address.is_global:
        return fail(f"metrics can be read at {address}:{server.metrics_port}", "set server.metrics_address to an inside address")
    return fine(f"{address}:{server.metrics_port}")


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _covers(leaf: x509.Certificate, name: str) -> bool:
    """RFC 9525 §6.3: a wildcard stands for one label."""
    try:
        alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    if _is_address(name):
        return ip_address(name) in alternative.get_values_for_type(x509.IPAddress)
    names = {one.lower() for one in alternative.get_values_for_type(x509.DNSName)}
    return name in names or f"*.{name.partition('.')[2]}" in names


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _resolves(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return False


def _bind(address: str, port: int) -> int:
    """0, or the number of the error."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno or errno.EIO
    return 0


def _is_held(lock: Path) -> bool:
    """Asked only where a port is taken, so that it cannot come between a server and its lock."""
    with suppress(OSError), lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
