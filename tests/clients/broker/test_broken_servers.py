"""The promise of the broker's client (R13): whatever stands at the other end, an instruction reads as a hold, a claim as a no.

Each server here is a real socket. The key goes to the one that proved to be Sekisho, and is written nowhere.
"""

from __future__ import annotations

import gzip
import json
import logging
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sekisho.adapters.cryptography.local_ca import CertificatePaths, ensure_certificate
from sekisho.clients.broker import BrokerClient, BrokerFault, Decision, Instruction, NotAnswered, Patience
from tests.clients.broker.false_server import Act, FalseServer, answer, drip, hang, head_drip, interim, raw, serving, stuck

KEY = "sek_7hk2" + "q" * 42
QUICK = Patience(total=0.6, one=0.3, first=0.01, longest=0.02)
PATIENT = Patience(total=20, one=10, first=0.01, longest=0.02)  # where the server answers at once, on a machine that may be busy
WITHDRAWAL = Instruction("w-1", "withdrawal", "U1000007", "hanako.sato", {"amount": 480_000, "currency": "JPY", "payee": "bank:1"})
ALLOWED = {
    "instruction": "ins_1",
    "verdict": "allow",
    "reasons": [],
    "expires": "2026-11-26T10:00:00Z",
    "state": "allowed",
}
EXECUTING = ALLOWED | {"state": "executing"}
NOW = datetime.now(UTC)


def page(status: int, body: bytes, *headers: str) -> Act:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close", *headers]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def text(document: Any) -> bytes:
    return json.dumps(document).encode()


def both(make: Callable[[bytes], Act]) -> tuple[Act, Act]:
    """The same break behind a yes to a question, and behind a yes to a claim."""
    return make(text(ALLOWED)), make(text(EXECUTING))


HTML = b"<!doctype html><title>Allow</title><p>verdict: allow</p>"
BOMB = gzip.compress(b" " * (64 << 20))
BROKEN: dict[str, tuple[Act, Act]] = {
    "hangs before the headers": (hang, hang),
    "hangs in the body": (stuck, stuck),
    "drips the headers": (head_drip, head_drip),
    "drips the body": (drip, drip),
    "is always about to answer": (interim, interim),
    "500 with a page": (page(500, HTML), page(500, HTML)),
    "500 with a yes": both(lambda yes: page(500, yes)),
    "200 with a page": (page(200, HTML), page(200, HTML)),
    "203, another's words": both(lambda yes: page(203, yes)),
    "206, a part": both(lambda yes: page(206, yes)),
    "202, later perhaps": both(lambda yes: page(202, yes)),
    "JSON without its end": both(lambda yes: page(200, yes[:-1])),
    "JSON and more": both(lambda yes: page(200, yes + b"}")),
    "a name twice": both(lambda yes: page(200, yes[:-1] + b', "state": "held", "verdict": "hold", "verdict": "allow"}')),
    "no UTF-8": both(lambda yes: page(200, yes.replace(b'"reasons"', b'"\xff": 1, "reasons"'))),
    "nested without end": (page(200, b'{"verdict": "allow", "x": ' + b"[" * 200_000), page(200, b"[" * 200_000)),
    "a number without end": (page(200, b'{"verdict": "allow", "x": ' + b"9" * 100_000 + b"}"), page(200, b"9" * 100_000)),
    "broken compression": both(lambda yes: page(200, yes, "content-encoding: gzip")),
    "a bomb": (page(200, BOMB, "content-encoding: gzip"), page(200, BOMB, "content-encoding: gzip")),
    "two lengths": both(lambda yes: raw(b"HTTP/1.1 200 X\r\ncontent-length: 3\r\ncontent-length: 9\r\n\r\n" + yes)),
    "a broken chunk": both(lambda yes: raw(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n" + b"zz\r\n" + yes)),
    "a chunked body cut off": both(
        lambda yes: raw(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n" + f"{len(yes):x}\r\n".encode() + yes + b"\r\n")
    ),
}
WORDS: list[Any] = ["", "ALLOW", "allow ", "Allow", "yes", True, 1, None, ["allow"], {"allow": 1}, "allow\u0000", "\ud800", "executing"]


@pytest.mark.parametrize("acts", BROKEN.values(), ids=BROKEN)
def test_an_instruction_reads_as_a_hold_and_a_claim_as_a_no(acts: tuple[Act, Act]) -> None:
    began = time.monotonic()
    with serving(acts[0]) as server, BrokerClient(server.url, KEY) as sekisho:
        verdict = sekisho.instructions.ask(WITHDRAWAL, QUICK)
        seen = sekisho.instructions.see("ins_1", QUICK)
    with serving(acts[1]) as server, BrokerClient(server.url, KEY) as sekisho:
        claim = sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, QUICK)
    assert (verdict.decision, verdict.allows, bool(verdict.unclear)) == (Decision.HOLD, False, True)
    assert (seen.decision, bool(seen.unclear)) == (Decision.HOLD, True)
    assert not claim.may_execute and claim.why
    assert time.monotonic() - began < 20  # three questions, each with patience for 0.6 s


@pytest.mark.parametrize("word", WORDS, ids=repr)
def test_a_word_that_is_no_verdict_is_a_hold(word: Any) -> None:
    with serving(answer(200, ALLOWED | {"verdict": word})) as server, BrokerClient(server.url, KEY) as sekisho:
        verdict = sekisho.instructions.ask(WITHDRAWAL, PATIENT)
    assert (verdict.decision, verdict.unclear) == (Decision.HOLD, "nonsense")


@pytest.mark.parametrize("state", [*WORDS[:-1], "EXECUTING", "executed", "allowed"], ids=repr)
def test_a_state_that_is_not_executing_is_a_no(state: Any) -> None:
    with serving(answer(200, EXECUTING | {"state": state})) as server, BrokerClient(server.url, KEY) as sekisho:
        assert not sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, PATIENT).may_execute


@pytest.mark.parametrize("other", ["ins_2", "", None, "INS_1", ["ins_1"]])
def test_an_answer_about_another_instruction_is_none(other: Any) -> None:
    """A proxy that mixes answers up, or a cache, must not let money go."""
    with serving(answer(200, EXECUTING | {"instruction": other})) as server, BrokerClient(server.url, KEY) as sekisho:
        assert not sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, PATIENT).may_execute
        assert sekisho.instructions.see("ins_1", PATIENT).decision is Decision.HOLD


def test_nobody_goes_on_reading_what_nobody_waits_for() -> None:
    with serving(drip) as server, BrokerClient(server.url, KEY) as sekisho:
        for _ in range(3):
            sekisho.instructions.ask(WITHDRAWAL, QUICK)
        end = time.monotonic() + 20
        while readers := [one for one in threading.enumerate() if one.name == "sekisho-request"]:
            assert time.monotonic() < end, readers
            time.sleep(0.02)


# Who is at the other end


@pytest.fixture
def ours(tmp_path: Path) -> CertificatePaths:
    return ensure_certificate(tmp_path / "ours", ("localhost",), NOW)


def proof(paths: CertificatePaths) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paths.chain, paths.key)
    return context


def hears_nothing(server: FalseServer, url: str, ca: Path) -> bool:
    """Neither question nor claim nor key reaches it, and both are answered no. The last of many short tries may end by its clock."""
    with BrokerClient(url, KEY, str(ca)) as sekisho:
        verdict = sekisho.instructions.ask(WITHDRAWAL, QUICK)
        claim = sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, QUICK)
        assert verdict.decision is Decision.HOLD and verdict.unclear in {"unreachable", "timed_out"} and not claim.may_execute
        with pytest.raises(NotAnswered) as missing:
            sekisho.accounts.see("U1000007")
        assert KEY not in whole(missing.value)
    return not server.seen


def whole(fault: BaseException) -> str:
    """All that a log could say of it, and of what it came from."""
    told, one = [], fault
    while one is not None:
        told += [str(one), repr(one), repr(vars(one)), *traceback.format_exception(one)]
        one = one.__cause__ or one.__context__  # type: ignore[assignment]
    return "\n".join(told)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekisho.clients.broker.book._KEEPING", QUICK)


def test_the_right_certificate_is_believed(ours: CertificatePaths) -> None:
    with serving(answer(200, ALLOWED), tls=proof(ours)) as server, BrokerClient(server.url, KEY, str(ours.ca)) as sekisho:
        assert sekisho.instructions.ask(WITHDRAWAL).allows
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.usefixtures("soon")
def test_a_certificate_of_another_authority_hears_nothing(ours: CertificatePaths, tmp_path: Path) -> None:
    other = ensure_certificate(tmp_path / "other", ("localhost",), NOW)
    with serving(answer(200, ALLOWED), tls=proof(other)) as server:
        assert hears_nothing(server, server.url, ours.ca)


@pytest.mark.usefixtures("soon")
def test_a_certificate_that_is_over_hears_nothing(tmp_path: Path) -> None:
    old = ensure_certificate(tmp_path / "old", ("localhost",), NOW - timedelta(days=500))
    with serving(answer(200, ALLOWED), tls=proof(old)) as server:
        assert hears_nothing(server, server.url, old.ca)


@pytest.mark.usefixtures("soon")
def test_a_certificate_of_another_name_hears_nothing(ours: CertificatePaths) -> None:
    with serving(answer(200, ALLOWED), tls=proof(ours)) as server:
        assert hears_nothing(server, server.url.replace("127.0.0.1", "127.0.0.1.nip.invalid"), ours.ca)  # no such name
        assert hears_nothing(server, server.url.replace("127.0.0.1", "127.1"), ours.ca)  # the same machine by a name of its own


@pytest.mark.usefixtures("soon")
def test_plain_http_where_tls_should_be_hears_nothing(ours: CertificatePaths) -> None:
    with serving(answer(200, ALLOWED)) as server:
        with BrokerClient(server.url.replace("http:", "https:"), KEY, str(ours.ca)) as sekisho:
            assert sekisho.instructions.ask(WITHDRAWAL, QUICK).decision is Decision.HOLD
        assert not any(KEY.encode() in seen.body or KEY in str(seen.headers) for seen in server.seen)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_neither_key_nor_question_elsewhere(status: int) -> None:
    with serving(answer(200, ALLOWED)) as elsewhere:
        leads = answer(status, ALLOWED, location=f"{elsewhere.url}/v1/broker/instructions")
        with serving(leads) as server, BrokerClient(server.url, KEY) as sekisho:
            assert sekisho.instructions.ask(WITHDRAWAL, PATIENT).decision is Decision.HOLD
            assert not sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, PATIENT).may_execute
        assert len(server.seen) == 2 and elsewhere.seen == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_a_proxy_of_the_environment_is_not_asked(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answer(200, ALLOWED)) as proxy, serving(answer(200, ALLOWED)) as server:
        monkeypatch.setenv(variable, proxy.url)
        with BrokerClient(server.url, KEY) as sekisho:
            assert sekisho.instructions.ask(WITHDRAWAL, QUICK).allows
        assert proxy.seen == [] and len(server.seen) == 1


# The key is written nowhere


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("act", [hang, answer(401, {"detail": "no"}), page(500, HTML), answer(302, location="http://127.0.0.1:1/")])
def test_the_key_stands_in_no_fault_and_no_log(
    act: Act, everything_logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sekisho.clients.broker.book._KEEPING", QUICK)
    with serving(act) as server, BrokerClient(server.url, KEY) as sekisho, pytest.raises(BrokerFault) as fault:
        sekisho.accounts.see("U1000007")
    assert KEY not in whole(fault.value)
    assert KEY not in everything_logged.text and KEY not in repr([vars(record) for record in everything_logged.records])


def test_the_key_stands_in_no_words_about_the_client() -> None:
    with serving(hang) as server, BrokerClient(server.url, KEY) as sekisho:
        parts = [sekisho, sekisho.accounts, sekisho.traders, sekisho.events, sekisho.instructions, sekisho._line, sekisho._line._client]
        assert not any(KEY in f"{part!r} {part!s}" for part in parts)


@pytest.mark.parametrize("spoilt", [f"{KEY}\n", f" {KEY}", f"{KEY}\r\nx-more: 1", f"{KEY}ä", "", "Bearer " + KEY, f"{KEY}\x00"])
def test_a_key_that_cannot_be_one_is_told_at_once_and_not_repeated(spoilt: str) -> None:
    """The line end of a file of secrets would else stand, with the key, in what a library says of a wrong header."""
    with pytest.raises(ValueError, match="without blanks or line ends") as fault:
        BrokerClient("https://sekisho.example", spoilt)
    assert KEY not in whole(fault.value)
