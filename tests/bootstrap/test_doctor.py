"""`sekisho doctor`: every line of the production checklist has its check; each fault is found, with what mends it; no secret is shown."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from sekisho.adapters.cryptography.dkim_key import create_dkim_key
from sekisho.bootstrap.backups import make_backup, restore_backup
from sekisho.bootstrap.doctor import units as doctor_units
from sekisho.bootstrap.doctor.checks import CHECKS, examine
from sekisho.bootstrap.doctor.finding import Check, Finding, Mark, found_by
from sekisho.bootstrap.doctor.scene import Scene
from sekisho.bootstrap.rotation import add_key, rotate
from sekisho.bootstrap.units import SERVICE, TIMER, Installation, units
from sekisho.cli import main
from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.domain.notifications.policies import OutboundPolicy, SmsGatewayPolicy
from sekisho.kernel.secrets import Secret
from sekisho.kernel.times import utc_now
from sekisho.settings import Settings
from tests.adapters.outbound.peer import certified
from tests.bootstrap.backup_house import FIRM, Ground
from tests.fakes.smtp_server import fake_smtp_server

CHECKLIST = Path(__file__).parents[2] / "docs" / "production.md"
LATER = timedelta(days=2)


def examined(settings: Settings, offline: bool = True, later: timedelta = timedelta()) -> dict[str, Finding]:
    scene = Scene(settings, offline, utc_now() + later, None, ())
    try:
        return {check.name: found for _, check, found in examine(scene)}
    finally:
        scene.close()


def served(ground: Ground) -> Settings:
    """A house that was opened once and has a backup."""
    settings = ground.settings()
    with ground.open(settings) as house:
        make_backup(house, ground.folder / "monday.backup", "os:operator", lambda done, total: None)
    return settings


def test_the_checklist_and_the_checks_are_one_list() -> None:
    lines = re.findall(r"^(\d+)\. `([\w-]+)`: ", CHECKLIST.read_text(encoding="utf-8"), re.MULTILINE)
    assert lines == [(str(number), check.name) for number, check in enumerate(CHECKS, 1)]
    assert len({check.name for check in CHECKS}) == len(CHECKS) > 25


def test_a_new_house_has_nothing_that_fails_but_its_databases_test_settings(ground: Ground) -> None:
    found = examined(served(ground))
    failing = {name: one.seen for name, one in found.items() if one.mark is Mark.FAIL}
    assert set(failing) <= {"durable"} if ground.server else failing == {}, failing
    assert {"keyring-file", "database", "schema", "clock", "keyring-fits", "newest", "backup", "sms"} <= {
        name for name, one in found.items() if one.mark is Mark.OK
    }


def test_every_warning_and_failure_says_what_mends_it(ground: Ground) -> None:
    for found in (examined(served(ground)), examined(replace(ground.settings("bare"), sms_gateway=None))):
        assert [name for name, one in found.items() if one.mark in (Mark.WARN, Mark.FAIL) and not one.mend] == []
        assert [name for name, one in found.items() if not one.seen] == []


def test_no_secret_is_shown(ground: Ground) -> None:
    settings = served(ground)
    database = replace(settings.database, password=Secret("the password of the database"))
    gateway = SmsGatewayPolicy("https://sms.example/v1/messages", token=Secret("a token of the gateway"))
    told = str(list(examined(replace(settings, database=database, sms_gateway=gateway)).values()))
    assert settings.keyring.file and settings.audit.key_file
    words = (settings.keyring.file.read_text() + settings.audit.key_file.read_text()).split()
    secrets = [word for word in words if len(word) > 31] + ["password of the database", "token of the gateway"]
    assert len(secrets) == 5 and [secret for secret in secrets if secret in told] == []


def test_looking_makes_nothing(ground: Ground) -> None:
    examined(ground.settings("bare"))
    assert not (ground.folder / "bare").exists()


def _exposed(path: Path) -> Path:
    path.chmod(0o644)
    return path


def _taken(settings: Settings) -> Settings:
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    holder.listen()
    _HELD.append(holder)
    return replace(settings, server=replace(settings.server, https_port=holder.getsockname()[1]))


_HELD: list[socket.socket] = []
FAULTS: list[tuple[str, Mark, Callable[[Settings, Ground], Settings], str]] = [
    ("keyring-file", Mark.FAIL, lambda s, g: (_exposed(s.keyring.file or Path()), s)[1], "chmod 600"),
    ("audit-key", Mark.FAIL, lambda s, g: (_exposed(s.audit.key_file or Path()), s)[1], "chmod 600"),
    ("keyring-fits", Mark.FAIL, lambda s, g: replace(s, keyring=g.with_other_keys(s).keyring), "keyring.file"),
    ("data-folder", Mark.FAIL, lambda s, g: (s.server.data_folder.chmod(0o755), s)[1], "chmod 700"),
    ("sms", Mark.FAIL, lambda s, g: replace(s, sms_gateway=None), "sms_gateway.url"),
    ("phishing-date", Mark.FAIL, lambda s, g: replace(s, firm=replace(FIRM, phishing_resistant_from=None)), "phishing_resistant_from"),
    (
        "phishing-date",
        Mark.FAIL,
        lambda s, g: replace(s, firm=replace(FIRM, phishing_resistant_from=date(2020, 1, 1))),
        "phishing_resistant_from",
    ),
    ("ports", Mark.FAIL, lambda s, g: _taken(s), "names it"),
    ("metrics", Mark.FAIL, lambda s, g: replace(s, server=replace(s.server, metrics_port=9464, metrics_address="0.0.0.0")), "inside"),
    (
        "proxies",
        Mark.WARN,
        lambda s, g: replace(
            s, server=replace(s.server, trusted_proxies=(ip_network("203.0.0.0/12"),), client_address_header="x-forwarded-for")
        ),
        "own addresses",
    ),
    (
        "certificate",
        Mark.FAIL,
        lambda s, g: replace(s, server=replace(s.server, certificate=g.folder / "no.pem", certificate_key=g.folder / "no.key")),
        "server.certificate",
    ),
]


@pytest.mark.parametrize(("name", "mark", "break_it", "mend"), FAULTS, ids=[f"{row[0]}-{row[3][:12]}" for row in FAULTS])
def test_a_fault_is_found_with_its_mend(
    name: str, mark: Mark, break_it: Callable[[Settings, Ground], Settings], mend: str, ground: Ground
) -> None:
    found = examined(break_it(served(ground), ground))[name]
    assert found.mark is mark and mend in found.mend, found
    while _HELD:
        _HELD.pop().close()


def test_age_is_told(ground: Ground) -> None:
    settings = served(ground)
    assert examined(settings, later=LATER)["backup"].mark is Mark.WARN
    assert examined(settings, later=LATER)["sealing"].mark is Mark.WARN


def test_the_age_of_the_key_and_what_a_rotation_left_are_told(ground: Ground) -> None:
    settings = served(ground)
    year = timedelta(days=367)
    assert examined(settings)["keyring-fresh"].mark is Mark.OK
    assert "keyring rotate" in examined(settings, later=year)["keyring-fresh"].mend
    with ground.open(settings) as house:
        add_key(house)
        assert "not finished" in examined(settings)["keyring-fresh"].seen
        rotate(house, "os:operator", lambda done, total: None, lambda seconds: None)
    assert examined(settings)["keyring-fresh"].mark is Mark.OK
    assert examined(settings, later=LATER)["keyring-fresh"].mend == "sekisho keyring retire"


def test_mail_is_looked_at(ground: Ground) -> None:
    settings = replace(ground.settings(), outbound=OutboundPolicy(private_networks=("127.0.0.0/8",)))
    assert "[mail]" in examined(settings)["mail"].mend and examined(settings)["mail-reached"].mark is Mark.SKIP
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        mail = MailPolicy("localhost", "notices@hakone.example", port=nobody.getsockname()[1])
        found = examined(replace(settings, mail=mail), offline=False)
    assert "not signed" in found["mail"].seen and "dkim_domain" in found["mail"].mend
    assert found["mail-reached"].mark is Mark.FAIL and "no_connection" in found["mail-reached"].seen
    assert "mail.port" in found["mail-reached"].mend
    key = ground.folder / "dkim.key"
    create_dkim_key(key)
    signing = replace(settings, mail=replace(mail, dkim_domain="hakone.example", dkim_key_file=key))
    assert examined(signing)["mail"].mark is Mark.OK
    key.chmod(0o644)
    assert examined(signing)["mail"].mark is Mark.FAIL and "chmod 600" in examined(signing)["mail"].mend
    tls, authority = certified(ground.folder, "localhost")
    with fake_smtp_server(tls) as server:
        met = examined(replace(settings, mail=replace(mail, port=server.port, ca_file=authority)), offline=False)["mail-reached"]
    assert met.mark is Mark.OK and server.taken == [], met


def test_the_unit_of_systemd_is_looked_at(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ground.folder / "units"
    folder.mkdir()
    monkeypatch.setattr(doctor_units, "_SYSTEMD", ground.folder / "no systemd")
    monkeypatch.setattr(doctor_units, "_UNITS", (folder,))
    settings = ground.settings("bare")
    assert examined(settings)["units"].mark is Mark.SKIP
    monkeypatch.setattr(doctor_units, "_SYSTEMD", ground.folder)
    assert "there is no sekisho.service" in examined(settings)["units"].seen
    made = units(settings, Installation("sekisho", Path("/opt/sekisho/bin/sekisho"), None, Path("/srv/backup")))
    soft = made[SERVICE].replace("ProtectSystem=strict\n", "")
    (folder / SERVICE).write_text(soft)
    assert "lacks ProtectSystem=strict" in examined(settings)["units"].seen
    (folder / f"{SERVICE}.d").mkdir()
    (folder / f"{SERVICE}.d" / "more.conf").write_text("[Service]\nProtectSystem=strict\n")
    assert "no sekisho-backup.timer" in examined(settings)["units"].seen
    (folder / TIMER).write_text(made[TIMER])
    assert examined(settings)["units"].mark is Mark.OK


def test_an_older_copy_is_found(ground: Ground) -> None:
    served(ground)
    copy = ground.settings("copy")
    restore_backup(copy, ground.folder / "monday.backup", lambda done, total: None)
    found = examined(copy)["newest"]
    assert found.mark is Mark.FAIL and "sekisho restore accept" in found.mend


def test_a_gateway_that_nobody_answers_at(ground: Ground) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        outbound = OutboundPolicy(private_networks=("127.0.0.0/8",))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/"
        settings = replace(ground.settings(), outbound=outbound, sms_gateway=SmsGatewayPolicy(url, token=Secret("a token")))
        assert examined(settings, offline=False)["sms-reached"].mark is Mark.FAIL
        reserved.listen()
        assert examined(settings, offline=False)["sms-reached"].mark is Mark.OK
        assert examined(settings, offline=True)["sms-reached"].mark is Mark.SKIP


def test_a_check_that_breaks_is_a_finding_without_its_words(ground: Ground) -> None:
    def breaks(scene: Scene) -> Finding:
        raise RuntimeError("a password, say")

    found = found_by(Check("broken", "Broken", breaks), Scene(ground.settings(), True, utc_now(), None, ()))
    assert found.mark is Mark.FAIL and "password" not in str(found) and "RuntimeError" in found.seen


def test_settings_that_cannot_be_read_fail_and_end_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sekisho.toml"
    file.write_text("[sessions]\nidel = 5\n")
    assert main._run(["doctor", "--config", str(file), "--offline"]) == 1
    told = capsys.readouterr().out
    assert " 1 FAIL Settings: " in told and "sessions.idle?" in told and f"{len(CHECKS) - 1} SKIP" in told
