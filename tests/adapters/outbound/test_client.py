"""Outgoing calls over real sockets (R15): pinned, encrypted, not redirected, small, soon over, and silent about what they carried."""

import logging
import threading
import time
import traceback

import pytest

from sekisho.adapters.outbound import Call, OutboundClient, OutboundFailure, Why
from sekisho.adapters.outbound.addresses import admitted
from sekisho.domain.notifications.policies import OutboundPolicy
from sekisho.kernel.secrets import Secret
from tests.adapters.outbound.peer import certified, peer, says

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Note: a\r\n\r\nok"
LOOPBACK = OutboundPolicy(private_networks=("127.0.0.0/8",))
TOKEN, CODE = "hush-hush-token", "048213"


def call(url: str, seconds: float = 5, **headers: str) -> Call:
    return Call("POST", url, {"Authorization": f"Bearer {TOKEN}"} | headers, Secret(f"code {CODE}"), seconds)


def failure(client: OutboundClient, url: str, seconds: float = 5, **headers: str) -> OutboundFailure:
    with pytest.raises(OutboundFailure) as refused:
        client.send(call(url, seconds, **headers))
    return refused.value


def test_an_answer_comes_back():
    with peer(says(OK)) as other:
        answer = OutboundClient(LOOPBACK).send(call(f"http://127.0.0.1:{other.port}/v1?a=b"))
    assert (answer.status, answer.headers["x-note"], answer.body) == (200, "a", b"ok")
    head, _, body = other.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1?a=b HTTP/1.1\r\n") and f"Host: 127.0.0.1:{other.port}".encode() in head
    assert b"Accept-Encoding: identity" in head and body == b"code 048213"


def test_the_name_is_looked_up_once_and_what_was_checked_is_what_is_called(tmp_path):
    """DNS rebinding: the second answer would lead elsewhere; nobody asks for it. Host, SNI and certificate stay the name's."""
    tls, ca_file = certified(tmp_path, "sms.example")
    asked = []

    def resolver(host, port):
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with peer(says(OK), tls) as other:
        client = OutboundClient(OutboundPolicy(private_networks=("127.0.0.1/32",), ca_file=ca_file), resolver)
        assert client.send(call(f"https://sms.example:{other.port}/v1")).status == 200
        assert asked == [("sms.example", other.port)]
        assert other.names == ["sms.example"]
        assert f"Host: sms.example:{other.port}".encode() in other.requests[0]
        assert failure(client, f"https://sms.example:{other.port}/v1").why is Why.ADDRESS_REFUSED


@pytest.mark.parametrize("name, trusted", [("other.example", True), ("sms.example", False)])
def test_a_certificate_of_another_name_or_unknown_authority_is_refused_before_anything_is_said(tmp_path, name, trusted):
    tls, ca_file = certified(tmp_path, name)
    policy = OutboundPolicy(private_networks=("127.0.0.0/8",), ca_file=ca_file if trusted else None)
    with peer(says(OK), tls) as other:
        assert failure(OutboundClient(policy, lambda *_: ["127.0.0.1"]), f"https://sms.example:{other.port}/").why is Why.BAD_CERTIFICATE
    assert not any(CODE.encode() in request for request in other.requests)


def test_a_certificate_for_an_address_holds_for_that_address(tmp_path):
    tls, ca_file = certified(tmp_path, "127.0.0.1")
    with peer(says(OK), tls) as other:
        client = OutboundClient(OutboundPolicy(private_networks=("127.0.0.0/8",), ca_file=ca_file))
        assert client.send(call(f"https://127.0.0.1:{other.port}/")).status == 200


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
        "192.88.99.1",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_closed(address):
    for found in ([address], ["93.184.215.14", address]):  # one closed address spoils the name
        with pytest.raises(OutboundFailure) as refused:
            admitted(lambda *_: found, "sms.example", 443, [], 5)  # noqa: B023
        assert refused.value.why is Why.ADDRESS_REFUSED


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_public_addresses_are_open(address):
    assert len(admitted(lambda *_: [address], "sms.example", 443, [], 5)) == 1


def test_an_allowed_network_opens_no_other():
    networks = OutboundPolicy(private_networks=("10.1.0.0/16",)).networks()
    assert admitted(lambda *_: ["10.1.2.3"], "sms.example", 443, networks, 5)
    with pytest.raises(OutboundFailure):
        admitted(lambda *_: ["10.2.2.3"], "sms.example", 443, networks, 5)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
def test_no_spelling_of_loopback_gets_through(host):
    with peer(says(OK)) as other:
        assert failure(OutboundClient(OutboundPolicy()), f"https://{host}:{other.port}/").why in (Why.ADDRESS_REFUSED, Why.BAD_URL)
    assert other.requests == []


@pytest.mark.parametrize(
    "url, why",
    [
        ("http://sms.example/", Why.NOT_HTTPS), ("http://lan.example/", Why.NOT_HTTPS), ("ftp://sms.example/", Why.NOT_HTTPS),
        ("file:///etc/passwd", Why.BAD_URL), ("https://", Why.BAD_URL), ("sms.example/x", Why.BAD_URL),
        ("https://a:b@sms.example/", Why.BAD_URL),
        ("https://sms.example/#x", Why.BAD_URL), ("https://sms.example:99999/", Why.BAD_URL), ("https://none.example/", Why.UNKNOWN_HOST),
        ("https://sms.example\r\n/", Why.BAD_URL),
    ],
)  # fmt: skip
def test_urls_that_are_refused(url, why):
    found = {"sms.example": ["93.184.215.14"], "lan.example": ["10.1.2.3"], "none.example": []}
    client = OutboundClient(OutboundPolicy(private_networks=("10.0.0.0/8",)), lambda host, _: found[host])
    assert failure(client, url).why is why


def test_a_redirect_is_not_followed():
    with peer(says(OK)) as target:
        to = f"http://127.0.0.1:{target.port}/".encode()
        with peer(says(b"HTTP/1.1 307 Go\r\nLocation: " + to + b"\r\nContent-Length: 0\r\n\r\n")) as other:
            assert OutboundClient(LOOPBACK).send(call(f"http://127.0.0.1:{other.port}/")).status == 307
    assert target.requests == []


def test_proxies_of_the_environment_are_ignored(monkeypatch):
    with peer(says(OK)) as proxy, peer(says(OK)) as other:
        for name in ("http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        OutboundClient(LOOPBACK).send(call(f"http://127.0.0.1:{other.port}/"))
    assert (len(proxy.requests), len(other.requests)) == (0, 1)


def _drip(head: bytes):
    def script(stream):
        stream.sendall(head)
        for _ in range(2000):
            stream.sendall(b"a")
            time.sleep(0.02)

    return script


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b""])
def test_a_peer_that_drips_is_left_when_the_time_is_over(head):
    with peer(_drip(head)) as other:
        begun = time.monotonic()
        assert failure(OutboundClient(LOOPBACK), f"http://127.0.0.1:{other.port}/", 0.3).why in (Why.TIMED_OUT, Why.CONNECTION_LOST)
        assert time.monotonic() - begun < 10


def test_a_peer_that_never_shakes_hands_is_left():
    with peer(lambda stream: stream.recv(1)) as other:
        client = OutboundClient(LOOPBACK)
        assert failure(client, f"https://127.0.0.1:{other.port}/", 0.3).why is Why.TIMED_OUT


def test_a_look_up_that_hangs_is_left():
    over = threading.Event()
    client = OutboundClient(LOOPBACK, lambda *_: over.wait(60) and ["127.0.0.1"])
    begun = time.monotonic()
    assert failure(client, "https://sms.example/", 0.2).why is Why.TIMED_OUT
    assert time.monotonic() - begun < 10
    over.set()


@pytest.mark.parametrize("framing", [b"Content-Length: 100000\r\n\r\n", b"Connection: close\r\n\r\n"])
def test_a_large_answer_is_cut_off(framing):
    with peer(says(b"HTTP/1.1 200 OK\r\n" + framing + b"a" * 100_000)) as other:
        assert failure(OutboundClient(LOOPBACK), f"http://127.0.0.1:{other.port}/").why is Why.ANSWER_TOO_LARGE


def test_endless_headers_are_cut_off():
    with peer(says(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 300_000)) as other:
        assert failure(OutboundClient(LOOPBACK), f"http://127.0.0.1:{other.port}/").why is Why.CONNECTION_LOST


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"])
def test_a_broken_answer_is_a_failure(answer):
    with peer(says(answer)) as other:
        assert failure(OutboundClient(LOOPBACK), f"http://127.0.0.1:{other.port}/").why is Why.CONNECTION_LOST


def test_a_closed_port_is_a_failure():
    with peer(says(OK)) as other:
        closed = other.port
    assert failure(OutboundClient(LOOPBACK), f"http://127.0.0.1:{closed}/").why is Why.NO_CONNECTION


def test_the_next_address_is_tried_when_one_does_not_answer():
    with peer(says(OK)) as other:
        client = OutboundClient(LOOPBACK, lambda *_: ["127.0.0.9", "127.0.0.1"])
        assert client.send(call(f"http://sms.example:{other.port}/")).status == 200


@pytest.mark.parametrize("headers", [{"X-A": f"a\r\nB: {TOKEN}"}, {"X-A": "é"}, {"Host": "evil.example"}, {"Transfer-Encoding": "chunked"}])
def test_headers_cannot_be_smuggled(headers):
    with peer(says(OK)) as other:
        assert failure(OutboundClient(LOOPBACK), f"http://127.0.0.1:{other.port}/", **headers).why is Why.BAD_REQUEST


def test_neither_failures_nor_logs_carry_what_was_sent(caplog):
    caplog.set_level(logging.DEBUG)
    with peer(says(b"")) as other:
        url = f"http://127.0.0.1:{other.port}/path-{CODE}?key={TOKEN}"
        lost = failure(OutboundClient(LOOPBACK), url)
        refused = failure(OutboundClient(OutboundPolicy()), url)
        smuggled = failure(OutboundClient(LOOPBACK), url, **{"X-A": f"a\r\nB: {TOKEN}"})
    with peer(says(OK)) as other:
        OutboundClient(LOOPBACK).send(call(f"http://127.0.0.1:{other.port}/path-{CODE}?key={TOKEN}"))
    told = caplog.text + "".join("".join(traceback.format_exception(each)) + repr(each) for each in (lost, refused, smuggled))
    told += repr(call(url))
    assert "127.0.0.1" in told
    assert TOKEN not in told and CODE not in told
