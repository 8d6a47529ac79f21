"""Units of systemd: they fit the settings, systemd finds nothing wrong with them, and the server gets nothing that it does not need."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sekisho.bootstrap.units import BACKUP, SERVICE, TIMER, Installation, units
from sekisho.cli import main
from sekisho.domain.firm import FirmPolicy
from sekisho.kernel.errors import SekishoError
from sekisho.settings import Settings
from sekisho.settings.sections import AuditSettings, KeyringSettings, ServerSettings

ANALYZE = shutil.which("systemd-analyze")
PLACE = Installation("sekisho", Path("/bin/true"), Path("/etc/sekisho/sekisho.toml"), Path("/srv/backup"))


def settings(**server: object) -> Settings:
    firm = FirmPolicy("Hakone Securities", "Hakone", "0120-000-000")
    audit = AuditSettings(heads_file=Path("/srv/sekisho-heads/heads.jsonl"))
    return Settings(firm, server=ServerSettings(**{"https_port": 443, "http_port": 80, **server}), audit=audit)  # type: ignore[arg-type]


def values(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)


def test_the_server_may_write_its_folders_alone() -> None:
    unit = units(settings(), PLACE)[SERVICE]
    assert values(unit, "StateDirectory") == ["sekisho"] and values(unit, "ReadWritePaths") == ["/srv/sekisho-heads"]
    elsewhere = units(settings(data_folder=Path("/data/gate")), PLACE)[SERVICE]
    assert values(elsewhere, "StateDirectory") == [] and values(elsewhere, "ReadWritePaths") == ["/data/gate /srv/sekisho-heads"]
    assert values(units(settings(), PLACE)[BACKUP], "ReadWritePaths") == ["/srv/sekisho-heads /srv/backup"]


@pytest.mark.parametrize("ports, capability", [
    ({}, "CAP_NET_BIND_SERVICE"),
    ({"https_port": 8443}, "CAP_NET_BIND_SERVICE"),         # 80 is left
    ({"https_port": 8443, "http_port": 0}, ""),
    ({"https_port": 8443, "http_port": 8080}, ""),
])  # fmt: skip
def test_low_ports_are_the_only_reason_for_a_capability(ports: dict[str, int], capability: str) -> None:
    made = units(settings(**ports), PLACE)
    assert values(made[SERVICE], "AmbientCapabilities") == values(made[SERVICE], "CapabilityBoundingSet") == [capability]
    assert values(made[BACKUP], "CapabilityBoundingSet") == [""]


def test_a_secret_that_root_alone_reads_is_handed_over() -> None:
    place = replace(PLACE, credentials={"sms_gateway.token": Path("/etc/sekisho/root/sms.token")})
    unit = units(settings(), place)[SERVICE]
    assert values(unit, "LoadCredential") == ["sms_gateway.token:/etc/sekisho/root/sms.token"]
    assert values(unit, "Environment") == ["SEKISHO__SMS_GATEWAY__TOKEN_FILE=%d/sms_gateway.token"]


def test_homes_are_hidden_unless_something_is_there() -> None:
    assert values(units(settings(), PLACE)[SERVICE], "ProtectHome") == ["yes"]
    at_home = replace(settings(), keyring=KeyringSettings(Path("/run/user/1000/master.key")))
    assert values(units(at_home, PLACE)[SERVICE], "ProtectHome") == ["read-only"]


@pytest.mark.parametrize("wrong", [
    {"account": "a b"}, {"account": "root\nExecStart=/bin/sh"}, {"backups": Path("relative")}, {"backups": Path("/srv/%n")},
    {"program": Path("/bin/a b")}, {"config": Path("/etc/'quoted'")}, {"credentials": {"token": Path("/x")}},
])  # fmt: skip
def test_what_would_have_to_be_quoted_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SekishoError):
        replace(PLACE, **wrong)  # type: ignore[arg-type]


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("ports", [{}, {"https_port": 8443, "http_port": 8080}], ids=["low ports", "high ports"])
def test_systemd_finds_nothing_wrong_and_little_exposed(ports: dict[str, int], tmp_path: Path) -> None:
    for name, text in units(settings(**ports), PLACE).items():
        (tmp_path / name).write_text(text)
    checked = _analyze("verify", *(str(tmp_path / name) for name in (SERVICE, BACKUP, TIMER)))
    assert checked.returncode == 0 and str(tmp_path) not in checked.stderr, checked.stderr
    for name in (SERVICE, BACKUP):
        said = _analyze("security", "--offline=yes", "--threshold=20", "--no-pager", str(tmp_path / name))
        assert said.returncode == 0, said.stdout[-500:]


def _analyze(*words: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *words], capture_output=True, text=True, timeout=60, check=False)


def test_the_command_prints_or_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "sekisho.toml"
    config.write_text('[firm]\nname = "Hakone"\nshort_name = "Hakone"\nservice_phone = "0120-000-000"\n')
    words = ["install", "systemd", "--config", str(config), "--program", "/opt/sekisho/bin/sekisho", "--account", "gate"]
    assert main._run([*words, "--print"]) == 0
    told = capsys.readouterr().out
    assert f"ExecStart=/opt/sekisho/bin/sekisho serve --config {config}" in told and "User=gate" in told
    assert main._run([*words, "--write", str(tmp_path)]) == 0
    assert all((tmp_path / name).read_text() in told for name in (SERVICE, BACKUP, TIMER))
    assert main._run(words) == 2 and "--print" in capsys.readouterr().err
