"""A mail through a real SMTP server on loopback: signed, encrypted or not sent, and nothing in it can be followed (R10, R15; J09, J10)."""

import re

import dkim
import pytest

from sekisho.adapters.cryptography.dkim_key import dkim_record
from sekisho.adapters.delivery.mail import MailSender
from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.domain.notifications.policies import OutboundPolicy
from sekisho.flows.ports.delivery import Deferred, Delivered
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret
from tests.adapters.delivery.mailing import ENGLISH, JAPANESE, MODES, TO, WITHIN, message, sender
from tests.adapters.outbound.peer import certified
from tests.fakes.smtp_server import NAME, PASSWORD, fake_smtp_server


def verifies(data: bytes, keys) -> bool:
    record = dkim_record(keys / "dkim.key", "hakone.example", "sekisho")
    dns = {f"{record.name}.".encode(): record.text.encode()}
    return dkim.verify(data, dnsfunc=lambda name, timeout=5: dns.get(name))


# What arrives


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "language, subject, body", [("en", "Password changed", ENGLISH), ("ja", "パスワードの変更", JAPANESE)], ids=["en", "ja"]
)
def test_a_mail_arrives_signed_as_text_and_as_the_same_in_html(keys, tls, mode, language, subject, body):
    with fake_smtp_server(tls, mode == "implicit") as server:
        assert sender(keys, server.port, mode).send(message(body, subject, language)) == Delivered("KQMX-TRWP")
    [taken] = server.taken
    mail = taken.mail
    assert (taken.sender, taken.to) == ("notices@hakone.example", [TO])
    assert (mail["From"], mail["To"], mail["Subject"]) == ("Hakone <notices@hakone.example>", TO, subject)
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<msg_1@hakone.example>", "auto-generated")
    assert mail["Content-Language"] == language and mail["Reply-To"] is None
    assert taken.text("plain").replace("\r\n", "\n").strip() == body
    page = taken.text("html")
    assert re.sub(r"\s+", "", re.sub(r"<[^>]*>", " ", page.partition("<body")[2].partition(">")[2])) == _as_shown(subject + body)
    assert verifies(taken.data, keys)


def _as_shown(text: str) -> str:
    return re.sub(r"\s+", "", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def test_nothing_in_a_mail_can_be_followed_or_is_loaded_from_elsewhere(keys, tls):
    with fake_smtp_server(tls) as server:
        sender(keys, server.port).send(message("<a href='https://evil.example'>x</a> <img src=x> <script>1</script>"))
    [taken] = server.taken
    page = taken.text("html")
    assert set(re.findall(r"<\s*/?\s*([a-z0-9]+)", page)) == {"html", "head", "meta", "title", "body", "strong", "p"}
    assert not re.search(r"<[^>]*(\bhref|\bsrc|\burl\(|\bon\w+=|@import)", page)
    assert [part.get_content_type() for part in taken.mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize("subject", ["長い件名" * 40, "Long " * 60, "折り返し\r\nBcc: thief@evil.example", "é" * 200])
def test_a_long_or_nasty_subject_stays_one_subject_and_the_signature_holds(keys, tls, subject):
    with fake_smtp_server(tls) as server:
        assert isinstance(sender(keys, server.port).send(message(subject=subject)), Delivered)
    [taken] = server.taken
    assert taken.mail["Bcc"] is None and taken.to == [TO]
    assert " ".join(str(taken.mail["Subject"]).split()) == " ".join(subject.split())
    assert max(map(len, taken.data.split(b"\r\n"))) <= 998  # RFC 5322 §2.1.1
    assert verifies(taken.data, keys)


@pytest.mark.parametrize("header", [b"Subject: Locked\r\n", b"From: thief@evil.example\r\n", b"Reply-To: x@evil.example\r\n"])
def test_the_signature_breaks_when_a_word_or_a_second_header_is_put_in(keys, tls, header):
    with fake_smtp_server(tls) as server:
        sender(keys, server.port).send(message())
    data = server.taken[0].data
    assert verifies(data, keys)
    signature, rest = data.split(b"\r\nFrom:", 1)
    assert not verifies(signature + b"\r\n" + header + b"From:" + rest, keys)
    assert not verifies(data.replace(b"Subject: Password changed", b"Subject: Password unchanged"), keys)


def test_bounces_come_back_where_the_firm_wants_them(keys, tls):
    with fake_smtp_server(tls) as server:
        sender(keys, server.port, bounce_address="bounces@hakone.example", from_name="箱根証券").send(message())
    [taken] = server.taken
    assert (taken.sender, str(taken.mail["From"])) == ("bounces@hakone.example", "箱根証券 <notices@hakone.example>")


# Encrypted, or not at all


def test_a_server_without_tls_gets_nothing(keys):
    with fake_smtp_server(None) as server:
        assert sender(keys, server.port, "starttls").send(message()) == Deferred("no_tls", None)
        assert sender(keys, server.port, "implicit").send(message()) == Deferred("tls_failed", None)
    assert server.taken == []


@pytest.mark.parametrize("mode", MODES)
def test_a_server_with_another_name_or_authority_gets_nothing(keys, tls, tmp_path, mode):
    stranger, _ = certified(tmp_path, "other.example")
    with fake_smtp_server(stranger, mode == "implicit") as server:
        assert sender(keys, server.port, mode).send(message()) == Deferred("bad_certificate", None)
        other_name = sender(keys, server.port, mode, ca_file=str(tmp_path / "ca.pem"))
        assert other_name.send(message()) == Deferred("bad_certificate", None)
    assert server.taken == []


def test_an_inner_address_needs_the_firms_word(keys, tls):
    with fake_smtp_server(tls) as server:
        assert sender(keys, server.port, outbound=OutboundPolicy()).send(message()) == Deferred("address_refused", None)
    assert server.taken == []


@pytest.mark.parametrize("found, why", [([], "unknown_host"), (["127.0.0.1", "10.0.0.1"], "address_refused")])
def test_the_name_is_looked_up_once_and_every_address_counts(keys, found, why):
    asked = []

    def resolver(host, port):
        asked.append(host)
        return found

    policy = MailPolicy("mail.hakone.example", "notices@hakone.example", ca_file=str(keys / "ca.pem"))
    assert MailSender(policy, "Hakone", WITHIN, resolver).send(message()) == Deferred(why, None)
    assert asked == ["mail.hakone.example"]


@pytest.mark.parametrize("mode", MODES)
def test_it_logs_in_and_a_refused_login_keeps_the_mail(keys, tls, mode):
    with fake_smtp_server(tls, mode == "implicit", auth_required=True) as server:
        assert isinstance(sender(keys, server.port, mode, username=NAME, password=Secret(PASSWORD)).send(message()), Delivered)
        assert sender(keys, server.port, mode, username=NAME, password=Secret("wrong")).send(message()) == Deferred("login_refused", None)
        assert sender(keys, server.port, mode).send(message()) == Deferred("smtp_530", None)
    assert (len(server.taken), server.logins) == (1, [NAME])


@pytest.mark.parametrize("content, mode, why", [("no key", 0o600, "is no RSA key"), (None, 0o644, "chmod 600"), ("", 0o000, "")])
def test_a_key_that_is_none_or_lies_open_is_refused_with_what_to_do(keys, tmp_path, content, mode, why):
    path = tmp_path / "dkim.key"
    path.write_text((keys / "dkim.key").read_text() if content is None else content)
    path.chmod(mode)
    with pytest.raises(SekishoError) as refusal:
        sender(keys, 1, dkim_key_file=path)
    assert why in refusal.value.detail and "PRIVATE" not in str(refusal.value)


def test_a_key_that_is_not_there_names_the_command_that_makes_one(keys, tmp_path):
    with pytest.raises(SekishoError) as refusal:
        sender(keys, 1, dkim_key_file=tmp_path / "none.key")
    assert "sekisho mail dkim-key" in refusal.value.detail
