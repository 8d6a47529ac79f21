"""A peer on loopback that says exactly what a test wants, over plain TCP or TLS, and a certificate authority for it."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Script = Callable[[socket.socket], None]


class Peer:
    """port: where it listens. requests: what came in, head and body. names: the SNI of each TLS handshake."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.closing = threading.Event()


@contextmanager
def peer(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    it = Peer()
    listening = socket.create_server(("127.0.0.1", 0))
    it.port = listening.getsockname()[1]
    if tls:
        tls.sni_callback = lambda _, name, __: it.names.append(name)

    def serve() -> None:
        while not it.closing.is_set():
            try:
                connected, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), connected:
                connected.settimeout(5)
                stream = tls.wrap_socket(connected, server_side=True) if tls else connected
                with stream:
                    it.requests.append(_request(stream))
                    script(stream)

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    try:
        yield it
    finally:
        it.closing.set()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        serving.join(5)


def _request(stream: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += stream.recv(4096) or b"\r\n\r\n"
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while lengths and len(body) < lengths[0]:
        body += stream.recv(4096)
    return head + b"\r\n\r\n" + body


def says(text: bytes) -> Script:
    return lambda stream: stream.sendall(text)


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """A TLS context of a server called `name`, and the file of the authority that vouches for it."""
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test CA")])
    root = _certificate(issuer, issuer, authority, authority, x509.BasicConstraints(ca=True, path_length=None))
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        san: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        san = x509.DNSName(name)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer")])
    leaf = _certificate(subject, issuer, key, authority, x509.SubjectAlternativeName([san]))
    (folder / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "peer.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "peer.pem")
    return context, str(folder / "ca.pem")


def _certificate(subject, issuer, key, signer, extension) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
    builder = builder.not_valid_after(now + datetime.timedelta(hours=1)).add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256())
