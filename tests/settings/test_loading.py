"""Settings: what is read, from where, and what is refused; every problem names its key and its place."""

from __future__ import annotations

from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from sekisho.settings import SettingsError, load_settings

FIRM = '[firm]\nname = "Example Securities"\nshort_name = "Example"\nservice_phone = "0120-000-000"\n'
FIRM_LINES = FIRM.count("\n")


def written(folder: Path, text: str, firm: str = FIRM) -> Path:
    file = folder / "sekisho.toml"
    file.write_text(firm + text, encoding="utf-8")
    return file


def problems(folder: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(folder, text), environment or {})
    return [str(problem) for problem in caught.value.problems]


def test_defaults_need_only_the_firm(tmp_path):
    settings = load_settings(written(tmp_path, ""), {}).settings
    assert settings.sessions.idle == timedelta(minutes=10)
    assert settings.server.hostnames == ("localhost", "127.0.0.1")
    assert settings.database_url == "sqlite:////var/lib/sekisho/sekisho.db"
    assert settings.sms_gateway is None


@pytest.mark.parametrize(
    ("text", "read", "value"),
    [
        ('[sessions]\nidle = "5m"', lambda s: s.sessions.idle, timedelta(minutes=5)),
        ("[sessions]\nidle = 300", lambda s: s.sessions.idle, timedelta(minutes=5)),
        ('sessions.idle = "PT5M"', lambda s: s.sessions.idle, timedelta(minutes=5)),
        ("[server]\nhttps_port = 443", lambda s: s.server.https_port, 443),
        ("[firm.x]\n[sends]\ncountries = []", lambda s: s.sends.countries, ()),
        ('[server]\nclient_address_header = "x-real-ip"\ntrusted_proxies = ["10.0.0.0/24", "fd00::/64"]',
         lambda s: s.server.trusted_proxies, (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))),
        ('[delivery]\nsteps = ["1s", 2]', lambda s: s.delivery.steps, (timedelta(seconds=1), timedelta(seconds=2))),
        ("[delivery]\njitter = 0", lambda s: s.delivery.jitter, 0.0),
        ('[sms_gateway]\nurl = "https://sms.example/send"', lambda s: s.sms_gateway.url, "https://sms.example/send"),
        ('[sms_gateway]\nurl = "https://sms.example/send"\n[sms_gateway.headers]\nX-Key = "{token}"',
         lambda s: s.sms_gateway.headers, {"X-Key": "{token}"}),
    ],
)  # fmt: skip
def test_a_file_sets_values(tmp_path, text, read, value):
    top, text = (text, "") if text.startswith("sessions.") else ("", text.removeprefix("[firm.x]\n"))
    file = tmp_path / "sekisho.toml"
    file.write_text(f"{top}\n{FIRM}{text}\n")
    assert read(load_settings(file, {}).settings) == value


@pytest.mark.parametrize(
    ("name", "text", "read", "value"),
    [
        ("SESSIONS__IDLE", "5m", lambda s: s.sessions.idle, timedelta(minutes=5)),
        ("SESSIONS__IDLE", "300", lambda s: s.sessions.idle, timedelta(minutes=5)),
        ("SERVER__HTTPS_PORT", "443", lambda s: s.server.https_port, 443),
        ("SERVER__HOSTNAMES", "a.example, b.example", lambda s: s.server.hostnames, ("a.example", "b.example")),
        ("SERVER__HOSTNAMES", '["a.example"]', lambda s: s.server.hostnames, ("a.example",)),
        ("SENDS__COUNTRIES", "", lambda s: s.sends.countries, ()),
        ("AUDIT__KEY_FILE", "/keys/audit", lambda s: s.audit.key_file, Path("/keys/audit")),
        ("FIRM__PHISHING_RESISTANT_FROM", "2027-04-01", lambda s: s.firm.phishing_resistant_from, date(2027, 4, 1)),
        ("FIRM__TIME_ZONE", "Europe/London", lambda s: s.firm.time_zone.key, "Europe/London"),
        ("DELIVERY__JITTER", "0.1", lambda s: s.delivery.jitter, 0.1),
    ],
)
def test_the_environment_wins_over_the_file(tmp_path, name, text, read, value):
    file = written(tmp_path, '[sessions]\nidle = "7m"\n[server]\nhttps_port = 9000\n')
    loaded = load_settings(file, {f"SEKISHO__{name}": text})
    assert read(loaded.settings) == value
    assert str(loaded.origin(name.lower().replace("__", "."))) == f"SEKISHO__{name}"


def test_options_win_over_the_environment(tmp_path):
    options = {"server.https_port": ("--https-port", "9443")}
    loaded = load_settings(written(tmp_path, ""), {"SEKISHO__SERVER__HTTPS_PORT": "8444"}, options)
    assert loaded.settings.server.https_port == 9443
    assert str(loaded.origin("server.https_port")) == "--https-port"


def test_origins_name_file_and_line(tmp_path):
    file = written(tmp_path, '[sessions]\n# a comment\nidle = "7m"\n')
    loaded = load_settings(file, {})
    assert str(loaded.origin("sessions.idle")) == f"{file}:{FIRM_LINES + 3}"
    assert str(loaded.origin("sessions.absolute")) == "default"


def test_a_secret_comes_from_a_file(tmp_path):
    (tmp_path / "password").write_text("hunter2 hunter2\n")
    by_environment = load_settings(written(tmp_path, ""), {"SEKISHO__DATABASE__PASSWORD_FILE": str(tmp_path / "password")})
    by_file = load_settings(written(tmp_path, '[database]\npassword_file = "password"'), {})
    for loaded in (by_environment, by_file):
        assert loaded.settings.database.password.reveal() == "hunter2 hunter2"
        assert "hunter2" not in repr(loaded)


def test_relative_paths_are_meant_from_the_file(tmp_path):
    loaded = load_settings(written(tmp_path, '[keyring]\nfile = "keys/master"'), {})
    assert loaded.settings.keyring.file == tmp_path / "keys/master"


@pytest.mark.parametrize(
    ("text", "key", "advice"),
    [
        ('[sessions]\nidle = "2h"', "sessions.idle", "must be between 1m and 1h (NIST SP 800-63B-4 §2.2.3), not 2h"),
        ('[sessions]\nidle = "ten"', "sessions.idle", "is no duration"),
        ("[sessions]\nidle = true", "sessions.idle", "duration"),
        ("[sessions]\nidle = -5", "sessions.idle", "between 0"),
        ('[sessions]\nidle = "P9999999999999D"', "sessions.idle", "must be smaller"),
        ("[lockout]\nsoft_failures = true", "lockout.soft_failures", "must be a whole number"),
        ('[lockout]\nsoft_failures = "5"', "lockout.soft_failures", "without quotes, not the text '5'"),
        ("[lockout]\nsoft_failures = 5.0", "lockout.soft_failures", "must be a whole number"),
        ("[lockout]\nsoft_failures = []", "lockout.soft_failures", "must be a whole number"),
        ("[lockout]\nhard_failures = 101", "lockout.hard_failures", "between 2 and 100"),
        ("[sessions]\nidel = 5", "sessions.idel", "did you mean sessions.idle?"),
        ("[session]\nidle = 300", "session.idle", "did you mean sessions.idle?"),
        ("[lockout]\nidle = 300", "lockout.idle", "did you mean sessions.idle?"),
        ("[zebra]\nqqqq = 1", "zebra.qqqq", "config template"),
        ("[server]\ntrusted_proxies = ['0.0.0.0/0']\nclient_address_header = 'x-real-ip'", "server.trusted_proxies", "strangers"),
        ("[server]\ntrusted_proxies = ['::/0']\nclient_address_header = 'x-real-ip'", "server.trusted_proxies", "strangers"),
        ("[server]\ntrusted_proxies = ['10.0.0.1/8']", "server.trusted_proxies", "without host bits"),
        ("[server]\ntrusted_proxies = [167772160]", "server.trusted_proxies", "text in quotes"),
        ("[server]\ntrusted_proxies = '10.0.0.0/24'", "server.trusted_proxies", "list in brackets"),
        ("[server]\ntrusted_proxies = ['10.0.0.0/24']", "server.client_address_header", "must name the header"),
        ("[server]\nclient_address_header = 'x-real-ip'", "server.trusted_proxies", "must name the proxies"),
        ("[server]\nclient_address_header = 'x-client'", "server.client_address_header", "must be one of"),
        ("[server]\nhostnames = []", "server.hostnames", "at least one host"),
        ("[server]\nhostnames = ['https://portal.example']", "server.hostnames", "without scheme"),
        ("[server]\nhostnames = ['Portal.example']", "server.hostnames", "lower-case"),
        ("[server]\nhostnames = [1]", "server.hostnames", "text in quotes"),
        ("[server]\nhttps_port = 65536", "server.https_port", "between 1 and 65535"),
        ("[server]\nhttps_port = 8080", "server.http_port", "must differ"),
        ("[server]\nhttps_address = 'localhost'", "server.https_address", "IP address"),
        ("[server]\ncertificate = '/c.pem'", "server.certificate", "its other half"),
        ("[server]\ndata_folder = ''", "server.data_folder", "must name a file or folder"),
        ("[database]\nurl = 'mysql://x/y'", "database.url", "must begin with"),
        ("[database]\npassword_file = 'missing'", "database.password_file", "cannot be read: no such file"),
        ("[database]\npassword = ''", "database.password", "not empty"),
        ("[sms_gateway]\nmethod = 'POST'", "sms_gateway.url", "is needed"),
        ("[sms_gateway]\nurl = 'https://a.example'\nmethod = 'GET'", "sms_gateway.method", "must be one of"),
        ("[sms_gateway]\nurl = 'https://a.example'\nheaders = {A = 1}", "sms_gateway.headers", "texts in quotes"),
        ("[delivery]\njitter = nan", "delivery.jitter", "must be a number"),
        ("[delivery]\njitter = '0.1'", "delivery.jitter", "must be a number"),
        ("[sends]\ncountries = ['81']", "sends.countries", "must be country codes"),
        ("[logging]\nlevel = 'INFO'", "logging.level", "must be one of"),
        ("[logging.level]\na = 1", "logging.level", "must be one of"),
        ("[[sessions]]\nidle = 300", "sessions", "is a section"),
    ],
)
def test_bad_values_are_refused_with_key_and_advice(tmp_path, text, key, advice):
    (found,) = problems(tmp_path, text)
    assert found.startswith(f"{key} (")
    assert advice in found


@pytest.mark.parametrize(
    ("name", "text", "key", "advice"),
    [
        ("SERVER__HTTPS_PORT", "true", "server.https_port", "whole number"),
        ("SERVER__HTTPS_PORT", "8_443", "server.https_port", "whole number"),
        ("SERVER__HTTPS_PORT", "٤٤٣", "server.https_port", "whole number"),
        ("SERVER__HTTPS_PORT", "9" * 5000, "server.https_port", "whole number"),
        ("SERVER__HOSTNAMES", '["a"', "server.hostnames", "must be JSON"),
        ("SESSION__IDLE", "5m", "session.idle", "did you mean sessions.idle?"),
        ("SESSIONS__IDLE_FILE", "/does/not/exist", "sessions.idle_file", "cannot be read"),
        ("SESSIONS", "5m", "sessions", "is a section"),
        ("FIRM__PHISHING_RESISTANT_FROM", "2027-02-30", "firm.phishing_resistant_from", "day"),
        ("FIRM__PHISHING_RESISTANT_FROM", "1.4.2027", "firm.phishing_resistant_from", "must be a day"),
        ("FIRM__TIME_ZONE", "../../etc/passwd", "firm.time_zone", "IANA time zone"),
        ("FIRM__TIME_ZONE", "Asia", "firm.time_zone", "IANA time zone"),
        ("FIRM__NAME", "two\nlines", "firm.name", "printable"),
        ("FIRM__DEFAULT_LANGUAGE", "fr", "firm.default_language", "one of the firm's languages"),
        ("FIRM__LANGUAGES", "ja,ja", "firm.languages", "each once"),
        ("FIRM__SERVICE_PHONE", "call us", "firm.service_phone", "published telephone number"),
        ("SMS_GATEWAY__HEADERS", "{", "sms_gateway.headers", "must be JSON"),
    ],
)
def test_bad_environment_is_refused_with_the_variable(tmp_path, name, text, key, advice):
    found = problems(tmp_path, "", {f"SEKISHO__{name}": text})
    assert any(problem.startswith(f"{key} (") and f"SEKISHO__{name}" in problem and advice in problem for problem in found), found


def test_all_problems_are_told_at_once(tmp_path):
    found = problems(
        tmp_path,
        '[sessions]\nidle = "2h"\nper_trader = 99\nabsolute = true\n[lockout]\nsoft_failures = "5"\n[zebra]\nx = 1\n',
        {"SEKISHO__CODES__DIGITS": "4"},
    )
    assert {problem.split(" ")[0] for problem in found} == {
        "sessions.idle", "sessions.per_trader", "sessions.absolute", "lockout.soft_failures", "zebra.x", "codes.digits",
    }  # fmt: skip


def test_a_refused_value_names_its_line(tmp_path):
    (found,) = problems(tmp_path, '[sessions]\nidle = "2h"\n')
    assert f"sekisho.toml:{FIRM_LINES + 2})" in found


def test_a_default_that_no_longer_fits_is_told(tmp_path):
    found = problems(tmp_path, '[sessions]\nidle_longest = "5m"\n')
    assert found[0].startswith("sessions.idle (default): must be between 1m and 5m")


def test_the_same_value_twice_is_refused(tmp_path):
    (tmp_path / "password").write_text("a")
    both = {"SEKISHO__DATABASE__PASSWORD": "b", "SEKISHO__DATABASE__PASSWORD_FILE": str(tmp_path / "password")}
    (found,) = problems(tmp_path, "", both)
    assert "given twice" in found


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"[sessions\n", "line 1"),
        (b"\xff\xfe", "byte 1 is not UTF-8"),
        (b"a = 1\na = 2\n", "overwrite"),
        (b"#" * (1 << 20) + b"#", "larger than 1 MiB"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, content, advice):
    file = tmp_path / "sekisho.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert advice in str(caught.value.problems[0])


def test_a_named_file_must_exist_and_a_standard_one_need_not(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read: no such file"):
        load_settings(None, {"SEKISHO_CONFIG": str(tmp_path / "none.toml")})
    firm = {"SEKISHO__FIRM__NAME": "E", "SEKISHO__FIRM__SHORT_NAME": "E", "SEKISHO__FIRM__SERVICE_PHONE": "0120-000-000"}
    assert load_settings(None, firm, standard_files=(tmp_path / "none.toml",)).file is None
    standard = written(tmp_path, "")
    assert load_settings(None, {}, standard_files=(tmp_path / "none.toml", standard)).file == standard


@pytest.mark.parametrize(
    "text",
    [
        '[database]\npassword = "s3cret-s3cret\\u0007"',
        "[database]\npassword = ['s3cret-s3cret']",
        '[database]\nurl = "postgresql://a:s3cret-s3cret@h/d"\npassword = "other"',
        '[sms_gateway]\nurl = "https://a.example"\nheaders = {A = ["s3cret-s3cret"]}',
    ],
)
def test_no_error_tells_a_secret(tmp_path, text):
    with pytest.raises(SettingsError) as caught:
        load_settings(written(tmp_path, text), {})
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(caught.value.fields)
