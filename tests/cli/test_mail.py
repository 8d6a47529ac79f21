"""`sekisho mail`: a key and what the DNS says of it; one mail to see whether they arrive."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sekisho.adapters.cryptography.dkim_key import create_dkim_key
from sekisho.cli.mail import app
from sekisho.kernel.errors import SekishoError
from tests.adapters.outbound.peer import certified
from tests.fakes.smtp_server import fake_smtp_server

FIRM = '[firm]\nname = "Hakone Securities"\nshort_name = "Hakone"\nservice_phone = "0120-000-000"\n'


def run(*arguments: str):
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def settings(tmp_path):
    """A settings file with [mail]; the server is told apart by its port."""
    context, ca = certified(tmp_path, "localhost")
    create_dkim_key(tmp_path / "dkim.key")

    def write(port: int, **more: object) -> str:
        lines = {"host": "localhost", "port": port, "from_address": "notices@hakone.example", "ca_file": ca} | more
        mail = "\n".join(f"{name} = {json.dumps(value)}" for name, value in lines.items())
        path = tmp_path / "sekisho.toml"
        path.write_text(f'{FIRM}[outbound]\nprivate_networks = ["127.0.0.0/8", "::1/128"]\n[mail]\n{mail}\n')
        return str(path)

    return write, context, tmp_path


def test_a_key_is_made_with_what_the_dns_and_the_settings_need(tmp_path):
    shown = run("dkim-key", str(tmp_path / "dkim.key"), "--domain", "hakone.example", "--selector", "s2026")
    assert (tmp_path / "dkim.key").stat().st_mode & 0o777 == 0o600
    assert "s2026._domainkey.hakone.example. IN TXT" in shown.output
    assert '_dmarc.hakone.example. IN TXT ( "v=DMARC1; p=reject; adkim=s" )' in shown.output  # J10
    assert all(len(string) <= 255 for string in re.findall(r'"([^"\n]*)"', shown.output))
    assert "PRIVATE" not in shown.output
    for line in ('dkim_domain = "hakone.example"', f'dkim_key_file = "{tmp_path}/dkim.key"'):
        assert line in shown.output


def test_the_domain_comes_from_the_settings(settings, tmp_path):
    write, _, _ = settings
    shown = run("dkim-key", str(tmp_path / "new.key"), "--json", "--config", write(465))
    [made] = json.loads(shown.output)
    assert set(made["records"]) == {"sekisho._domainkey.hakone.example", "_dmarc.hakone.example"}


def test_a_key_is_never_overwritten_and_needs_a_domain(settings, tmp_path):
    (tmp_path / "plain.toml").write_text(FIRM)
    plain = ["--config", str(tmp_path / "plain.toml")]
    assert isinstance(run("dkim-key", str(tmp_path / "new.key"), *plain).exception, SekishoError)
    assert not (tmp_path / "new.key").exists()
    before = (tmp_path / "dkim.key").read_bytes()
    assert "exists already" in run("dkim-key", str(tmp_path / "dkim.key"), "--domain", "hakone.example").exception.detail
    assert (tmp_path / "dkim.key").read_bytes() == before


def test_a_mail_to_see_whether_they_arrive(settings):
    write, context, folder = settings
    with fake_smtp_server(context) as server:
        config = write(server.port, dkim_domain="hakone.example", dkim_key_file=str(folder / "dkim.key"))
        shown = run("test", "operator@hakone.example", "--json", "--config", config)
    assert (shown.exit_code, json.loads(shown.output)) == (0, [{"state": "taken", "signed": True, "reason": "", "mend": ""}])
    [taken] = server.taken
    assert taken.to == ["operator@hakone.example"] and "【Hakone Securities】" in taken.text("plain")
    assert taken.mail["DKIM-Signature"] is not None


@pytest.mark.parametrize(
    "answer, more, reason, mend",
    [
        ("550 5.7.1 no", {}, "smtp_550", "the mail server's own log"),
        ("", {"ca_file": None}, "bad_certificate", "mail.ca_file"),
        ("", {"tls": "starttls"}, "timed_out", "mail.tls"),
    ],
)
def test_what_went_wrong_is_told_with_the_mend(settings, answer, more, reason, mend):
    write, context, _ = settings
    patience = "1s" if reason == "timed_out" else "9s"
    with fake_smtp_server(context) as server:
        server.at_rcpt = answer
        config = write(server.port, total_time=patience)
        if "ca_file" in more:
            config = _without(config, "ca_file")
        elif more:
            config = write(server.port, total_time=patience, **more)
        shown = run("test", "operator@hakone.example", "--json", "--config", config)
    [told] = json.loads(shown.output)
    assert (shown.exit_code, told["state"], told["reason"]) == (1, "refused", reason)
    assert mend in told["mend"] and server.taken == []


def _without(config: str, setting: str) -> str:
    path = Path(config)
    path.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith(setting)))
    return config


@pytest.mark.parametrize("address", ["operator", "a b@hakone.example", "operator@hakone.example\nBcc: x@evil.example"])
def test_what_is_no_address_gets_nothing(settings, address):
    write, _, _ = settings
    assert isinstance(run("test", address, "--config", write(465)).exception, SekishoError)


def test_without_a_mail_server_it_says_what_to_set(tmp_path):
    (tmp_path / "plain.toml").write_text(FIRM)
    failure = run("test", "operator@hakone.example", "--config", str(tmp_path / "plain.toml")).exception
    assert isinstance(failure, SekishoError) and "[mail]" in failure.detail
