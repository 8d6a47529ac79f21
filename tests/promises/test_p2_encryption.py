"""Promise P2, the part that exists: only strong TLS is spoken, every answer carries the protecting headers, plain HTTP only leads on."""

from __future__ import annotations

import socket
import ssl

import httpx2
import pytest

from tests.promises.running_demo import RunningDemo

ALWAYS = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
}


def handshake(demo: RunningDemo, context: ssl.SSLContext) -> tuple[str, int]:
    """Protocol and bits of the cipher."""
    plain = socket.create_connection(("127.0.0.1", demo.https), timeout=20)
    with plain, context.wrap_socket(plain, server_hostname="localhost") as connection:
        cipher = connection.cipher()
        assert cipher is not None
        return cipher[1], cipher[2]


def trusting(demo: RunningDemo) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=demo.ready["ca_file"])


@pytest.mark.parametrize(("version", "name"), [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")])
def test_tls_of_today_with_128_bits_or_more(demo: RunningDemo, version: ssl.TLSVersion, name: str) -> None:
    context = trusting(demo)
    context.minimum_version = context.maximum_version = version
    protocol, bits = handshake(demo, context)
    assert protocol in (name, "TLSv1.2") and bits >= 128


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_of_yesterday_is_refused(demo: RunningDemo) -> None:
    context = trusting(demo)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        handshake(demo, context)


@pytest.mark.parametrize("suites", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA256", "NULL", "3DES"])
def test_weak_suites_are_refused(demo: RunningDemo, suites: str) -> None:
    """No RSA key exchange, no CBC, no NULL: only AEAD with forward secrecy."""
    context = trusting(demo)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.set_ciphers(f"{suites}:@SECLEVEL=0")
    except ssl.SSLError:
        pytest.skip("this OpenSSL cannot even offer it")
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        handshake(demo, context)


def test_the_certificate_is_that_of_the_local_authority_alone(demo: RunningDemo) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(demo, ssl.create_default_context())


ANSWERS = [
    ("GET", "/login", {}, 200),
    ("GET", "/", {}, 303),
    ("GET", "/nothing-here", {}, 404),
    ("GET", "/v1/nothing-here", {}, 404),
    ("GET", "/v1/session", {}, 401),
    ("POST", "/v1/login", {"content-type": "application/json"}, 422),
    ("POST", "/v1/login", {"content-type": "text/plain"}, 415),
    ("PUT", "/login", {}, 405),
    ("GET", "/login", {"host": "elsewhere.example"}, 421),
    ("GET", "/-/health/live", {}, 200),
    ("GET", "/openapi.json", {}, 200),
    ("GET", "/.well-known/security.txt", {}, 200),
    ("GET", "/demo/phone", {}, 200),
    ("GET", "/demo/phone/messages", {}, 200),
]


@pytest.mark.parametrize(("method", "path", "headers", "status"), ANSWERS)
def test_every_answer_carries_the_protecting_headers(
    demo: RunningDemo, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = demo.client.request(method, path, headers=headers, content=b"{}" if method == "POST" else None)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert "require-trusted-types-for 'script'" in policy and "'nonce-" in policy
    assert "geolocation=()" in answer.headers["permissions-policy"]
    assert answer.headers["cache-control"] == "no-store"


def plain(demo: RunningDemo, method: str, path: str) -> httpx2.Response:
    return httpx2.request(method, demo.ready["http_url"] + path, trust_env=False, content=b"secret=1" if method == "POST" else None)


def test_plain_http_leads_to_https_and_nothing_else(demo: RunningDemo) -> None:
    for method in ("GET", "HEAD"):
        answer = plain(demo, method, "/login?a=1")
        assert answer.status_code in (301, 307, 308)
        assert answer.headers["location"].startswith(demo.ready["base_url"] + "/login")
    assert plain(demo, "POST", "/login").status_code in (403, 405), "a form that came in the clear is not led on with its body"
    for method in ("GET", "POST"):
        assert plain(demo, method, "/v1/session").status_code == 403
