"""Reports of mail servers: ours is found in them, and whatever else comes to the bounce address is refused with a clear word (R10)."""

import random
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.delivery.bounce import LARGEST, Bounce, read_bounce
from sekisho.kernel.errors import Kind, SekishoError

HOST, ID = "hakone.example", "msg_01m82r1tg3f3k8f81k9819gccd"
RETURNED = f"From: Hakone <notices@{HOST}>\nSubject: =?utf-8?q?x?=\nMessage-ID: <{ID}@{HOST}>\n\nthe text"
HEADERS = RETURNED.partition("\n\n")[0] + "\n"


def report(
    status: str = "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such mailbox",
    returned: str = RETURNED,
    kind: str = "message/rfc822",
    head: str = 'Content-Type: multipart/report; report-type=delivery-status; boundary="AB.42/mail"',
) -> bytes:
    """As Postfix and others write it."""
    return f"""\
From: MAILER-DAEMON@mx.hakone.example (Mail Delivery System)
To: bounces@hakone.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
{head}

--AB.42/mail
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--AB.42/mail
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.hakone.example
X-Postfix-Queue-ID: 4711

Final-Recipient: rfc822; hanako.sato@customer.example
{status}

--AB.42/mail
Content-Description: Undelivered Message
Content-Type: {kind}

{returned}
--AB.42/mail--
""".encode()


@pytest.mark.parametrize(
    "data, status",
    [
        (report(), "5.1.1"),
        (report().replace(b"\n", b"\r\n"), "5.1.1"),
        (report(returned=HEADERS, kind="text/rfc822-headers"), "5.1.1"),
        (report("Action: failed (sorry)".replace(" (sorry)", "") + "\nStatus: 5.7.26 (spf)"), "5.7.26"),
        (report("ACTION:  Failed\nStatus: nonsense"), ""),
        (report("Action: failed"), ""),
        (report("Action: delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822; x@y.example\nAction: failed\nStatus: 5.2.2"), "5.2.2"),
        (report(returned=RETURNED.replace("Message-ID:", "message-id:")), "5.1.1"),
    ],
)
def test_the_mail_that_came_back_is_found(data, status):
    assert read_bounce(data, HOST) == Bounce(ID, status)


@pytest.mark.parametrize(
    "data, why",
    [
        (b"", "no delivery status notification"),
        (b"Subject: hello\n\nbuy this", "no delivery status notification"),
        (b"\x00\xff" * 1000, "no delivery status notification"),
        (report(head='Content-Type: multipart/mixed; boundary="AB.42/mail"'), "no delivery status notification"),
        (report(head="Content-Type: multipart/report"), "no delivery status notification"),
        (report("Action: delayed\nStatus: 4.4.1"), "tells of no failure"),
        (report("Action: delivered\nStatus: 2.0.0"), "tells of no failure"),
        (report("Action: relayed"), "tells of no failure"),
        (report(""), "tells of no failure"),
        (report(returned=RETURNED.replace(HOST, "other.example")), "none of ours"),
        (report(returned=RETURNED.replace(ID, "msg_1")), "none of ours"),
        (report(returned=RETURNED.replace(ID, ID.replace("g", "u"))), "none of ours"),
        (report(returned=RETURNED.replace(f"<{ID}", f"<x> <{ID}")), "none of ours"),
        (report(returned="no headers at all"), "none of ours"),
        (report(returned=f"\nMessage-ID: <{ID}@{HOST}>"), "none of ours"),  # in the text, where anybody may have put it
        (report(kind="text/plain"), "none of ours"),
        (report(kind="image/png"), "none of ours"),
        (b"Content-Type: multipart/mixed; boundary=b\n" * 100, "that can be read"),
    ],
)
def test_what_is_no_bounce_of_ours_is_refused_with_the_reason(data, why):
    with pytest.raises(SekishoError, match=why) as refusal:
        read_bounce(data, HOST)
    assert refusal.value.kind is Kind.INVALID
    assert ID not in str(refusal.value) and "customer.example" not in str(refusal.value)


def test_ten_megabytes_are_the_most():
    with pytest.raises(SekishoError) as refusal:
        read_bounce(report() + b"x" * LARGEST, HOST)
    assert refusal.value.kind is Kind.TOO_LARGE


@pytest.mark.parametrize(
    "data",
    [
        report(returned=RETURNED + "\n" + "x" * 9_000_000),
        b"Content-Type: message/rfc822\n\n" * 300_000,
        b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\n\n" * 1_500_000,
        b"X: " + b"a" * 9_000_000,
        b"A:\n" * 1_000_000,
    ],
    ids=["large", "nested", "many parts", "long line", "many headers"],
)
def test_what_is_made_to_cost_time_costs_little(data):
    began = time.monotonic()
    with suppress(SekishoError):
        assert read_bounce(data, HOST).message == ID
    assert time.monotonic() - began < 30


@given(st.randoms(use_true_random=False))
def test_a_damaged_report_is_read_or_refused_and_nothing_else(source: random.Random):
    data = bytearray(report())
    for _ in range(source.randrange(1, 12)):
        at = source.randrange(len(data))
        data[at : at + source.randrange(3)] = bytes(source.choice(b'\r\n\x00\xff:;="<>-b') for _ in range(source.randrange(4)))
    try:
        assert read_bounce(bytes(data), HOST).message.startswith("msg_")
    except SekishoError as refusal:
        assert refusal.kind is Kind.INVALID
