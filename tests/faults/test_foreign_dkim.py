"""A mail as it left verifies by verifiers that are not ours, from Debian: Mail::DKIM (libmail-dkim-perl) and opendkim-testmsg
(opendkim-tools; it asks the DNS, so it runs in a network of its own, for which it takes root). J09, J10; RFC 6376."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.adapters.cryptography.dkim_key import create_dkim_key, dkim_record
from sekisho.adapters.delivery.mail import MailSender
from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.domain.notifications.policies import OutboundPolicy
from sekisho.flows.ports.delivery import Delivered
from tests.adapters.delivery.mailing import ENGLISH, JAPANESE, message
from tests.adapters.outbound.peer import certified
from tests.fakes.smtp_server import fake_smtp_server
from tests.faults.report import FaultReport

SCRIPT = Path(__file__).with_name("verify_dkim.pl")
MAILS = [("en", "Password changed", ENGLISH), ("ja", "パスワードの変更", JAPANESE), ("ja", "長い件名" * 30, JAPANESE * 20)]


def _installed() -> bool:
    perl = shutil.which("perl")
    probe = "use Mail::DKIM::Verifier; use Net::DNS;"
    return perl is not None and subprocess.run([perl, "-e", probe], capture_output=True, check=False).returncode == 0


def _own_network() -> bool:
    able = shutil.which("opendkim-testmsg", path="/usr/sbin:/usr/bin:/usr/local/bin") and shutil.which("unshare")
    return bool(able) and subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.faults


def judged(mail: bytes, key: Path, selector: str = "sekisho") -> str:
    record = dkim_record(key, "hakone.example", selector)
    command = ["perl", str(SCRIPT), record.name, record.text]
    done = subprocess.run(command, input=mail, capture_output=True, check=True, timeout=60)
    return done.stdout.decode().strip()


def sent(folder: Path, language: str, subject: str, body: str) -> bytes:
    context, ca = certified(folder, "localhost")
    with fake_smtp_server(context) as server:
        policy = MailPolicy(
            "localhost",
            "notices@hakone.example",
            server.port,
            ca_file=ca,
            dkim_domain="hakone.example",
            dkim_key_file=folder / "dkim.key",
            total_time=timedelta(seconds=9),
        )
        loopback = OutboundPolicy(private_networks=("127.0.0.0/8",))
        sender = MailSender(policy, "箱根証券", loopback, lambda host, port: ["127.0.0.1"])
        assert isinstance(sender.send(message(body, subject, language)), Delivered)
    return server.taken[0].data


@pytest.mark.skipif(not _installed(), reason="Mail::DKIM is not installed: apt install libmail-dkim-perl")
def test_a_foreign_verifier_takes_our_mails_and_no_spoilt_ones(tmp_path: Path, report: FaultReport) -> None:
    for name in ("dkim.key", "other.key"):
        create_dkim_key(tmp_path / name)
    spoilt = 0
    for language, subject, body in MAILS:
        mail = sent(tmp_path, language, subject, body)
        assert judged(mail, tmp_path / "dkim.key") == "pass"
        assert judged(mail, tmp_path / "other.key") != "pass"
        assert judged(mail, tmp_path / "dkim.key", "older") != "pass"
        halves = mail.split(b"\r\n\r\n", 1)
        for changed in (
            mail.replace(b"From: ", b"From: x", 1),
            mail.replace(b"\r\nSubject: ", b"\r\nSubject: Locked\r\nSubject: ", 1),
            halves[0] + b"\r\n\r\n" + halves[1].replace(b"5", b"6", 1),
            mail + b"more\r\n",
        ):
            assert changed != mail and judged(changed, tmp_path / "dkim.key") != "pass"
            spoilt += 1
    report.add("mail by a foreign DKIM verifier", taken=len(MAILS), spoilt_ones_refused=spoilt)


@pytest.mark.skipif(not _own_network(), reason="opendkim-testmsg is not installed (apt install opendkim-tools), or no network of its own")
def test_opendkim_takes_them_too(tmp_path: Path, report: FaultReport) -> None:
    create_dkim_key(tmp_path / "dkim.key")
    record = dkim_record(tmp_path / "dkim.key", "hakone.example", "sekisho")
    script = SCRIPT.with_name("opendkim.sh")
    command = ["unshare", "--mount", "--net", str(script), sys.executable, record.name, record.text, str(tmp_path)]
    path = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}

    def verdict(mail: bytes) -> int:
        return subprocess.run(command, input=mail, capture_output=True, check=False, timeout=60, env=path).returncode

    for language, subject, body in MAILS:
        mail = sent(tmp_path, language, subject, body)
        assert verdict(mail) == 0
        assert verdict(mail.replace(b"\r\nSubject: ", b"\r\nSubject: x", 1)) != 0
        assert verdict(mail + b"more\r\n") != 0
    report.add("mail by opendkim-testmsg", taken=len(MAILS), spoilt_ones_refused=2 * len(MAILS))
