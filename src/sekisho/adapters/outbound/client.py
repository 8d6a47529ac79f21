"""The one client for outgoing calls (R15; ASVS V1.3.6, V13.2.4, V15.3.2).

It rides on httpx2's URL and connection layer only: httpx2's client itself would log URLs, follow proxies of the environment and unpack
compressed answers, none of which is wanted here. Each call has a connection of its own.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import httpcore2
import httpx2

from sekisho.adapters.outbound.addresses import Address, Resolver, admitted, look_up
from sekisho.adapters.outbound.failure import OutboundFailure, Why
from sekisho.adapters.outbound.pinned import Deadline, PinnedNetwork
from sekisho.domain.notifications.policies import OutboundPolicy
from sekisho.kernel.secrets import Secret

__all__ = ["Answer", "Call", "OutboundClient"]

Result = TypeVar("Result")
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 §5.1
_HEADER_VALUE = re.compile(r"[!-~]+([ \t]+[!-~]+)*|")


@dataclass(frozen=True, slots=True)
class Call:
    """headers and body may hold secrets, so they never print. total_time: seconds, instead of the policy's when it is shorter."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: Secret = field(repr=False)
    total_time: float


@dataclass(frozen=True, slots=True)
class Answer:
    """headers: lower-case names. body: as it came; it is the peer's word and may echo what was sent."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class OutboundClient:
    """Thread-safe. Raises OutboundFailure, and nothing else, for whatever goes wrong outside."""

    def __init__(self, policy: OutboundPolicy, resolver: Resolver = look_up) -> None:
        self._policy = policy
        self._networks = policy.networks()
        self._resolver = resolver
        self._tls = ssl.create_default_context(cafile=policy.ca_file) if policy.ca_file else httpx2.create_ssl_context(trust_env=False)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def send(self, call: Call) -> Answer:
        """The answer, whatever its status; a redirect is an answer like others and is not followed."""
        url, host = _checked(call.url)
        deadline = Deadline(min(call.total_time, self._policy.total_time.total_seconds()))
        return _guarded(host, lambda: self._exchange(call, url, self._addresses(url, host, deadline), deadline))

    def greet(self, text: str) -> None:
        """Connect, shake hands by TLS and say nothing: whether the peer could be asked. For `sekisho doctor`."""
        url, host = _checked(text)
        deadline = Deadline(self._policy.total_time.total_seconds())

        def shake_hands() -> None:
            stream = PinnedNetwork(self._addresses(url, host, deadline), deadline).connect_tcp(host, _port(url))
            if url.scheme == "https":
                stream = stream.start_tls(self._tls, host)
            stream.close()

        _guarded(host, shake_hands)

    def _addresses(self, url: httpx2.URL, host: str, deadline: Deadline) -> list[Address]:
        addresses = admitted(self._resolver, host, _port(url), self._networks, deadline.left())
        self._refuse_plain(url, host, addresses)
        return addresses

    def _refuse_plain(self, url: httpx2.URL, host: str, addresses: list[Address]) -> None:
        """Plain http never leaves the machine (V12.3.1); loopback was admitted only because the policy names it."""
        if url.scheme == "http" and not all(address.is_loopback for address in addresses):
            raise OutboundFailure(Why.NOT_HTTPS, host)

    def _exchange(self, call: Call, url: httpx2.URL, addresses: list[Address], deadline: Deadline) -> Answer:
        content = call.body.reveal().encode()
        target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        with (
            httpcore2.ConnectionPool(ssl_context=self._tls, network_backend=PinnedNetwork(addresses, deadline), max_connections=1) as pool,
            pool.stream(call.method, target, headers=_headers(call, url, content), content=content) as response,
        ):
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > self._policy.largest_answer:
                    raise OutboundFailure(Why.ANSWER_TOO_LARGE, url.host)
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status, headers, bytes(body))


def _guarded(host: str, work: Callable[[], Result]) -> Result:
    failure: Why
    try:
        return work()
    except OutboundFailure:
        raise
    except (TimeoutError, httpcore2.TimeoutException):
        failure = Why.TIMED_OUT
    except ssl.SSLCertVerificationError:
        failure = Why.BAD_CERTIFICATE
    except (ConnectionRefusedError, httpcore2.ConnectError):
        failure = Why.NO_CONNECTION
    except httpcore2.LocalProtocolError:
        failure = Why.BAD_REQUEST
    except (OSError, httpcore2.NetworkError, httpcore2.ProtocolError):
        failure = Why.CONNECTION_LOST
    # Raised outside the handlers, so that not even the context of the exception holds what a library wrote.
    raise OutboundFailure(failure, host)


def _checked(text: str) -> tuple[httpx2.URL, str]:
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        raise OutboundFailure(Why.BAD_URL) from None
    if not url.raw_host or url.userinfo or url.fragment or not 0 < _port(url) < 65536:
        raise OutboundFailure(Why.BAD_URL)
    if url.scheme not in ("https", "http"):
        raise OutboundFailure(Why.NOT_HTTPS, url.host)
    return url, url.raw_host.decode("ascii")


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _headers(call: Call, url: httpx2.URL, content: bytes) -> list[tuple[bytes, bytes]]:
    own = {
        "Host": url.netloc.decode("ascii"),
        "Connection": "close",
        "Accept-Encoding": "identity",
        "Content-Length": str(len(content)),
    }
    for name, value in call.headers.items():
        # Checked here, for the library would write a refused value into its debug log.
        if name.lower() in _OWN_HEADERS or not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise OutboundFailure(Why.BAD_REQUEST, url.host)
    headers = own | {"User-Agent": "Sekisho"} | dict(call.headers)
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
