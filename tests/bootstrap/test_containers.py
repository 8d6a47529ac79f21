"""`compose.yaml` and `Dockerfile`: no engine runs here, so what they say is held against the settings, the code and each other."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sekisho.settings import load_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SEKISHO = COMPOSE["services"]["sekisho"]
OWN = """
[firm]
name = "Hakone Securities"
short_name = "Hakone"
service_phone = "0120-000-000"
phishing_resistant_from = 2035-04-01
[server]
hostnames = ["portal.hakone.example"]
[sms_gateway]
url = "https://sms.example/v1/messages"
"""


def test_its_environment_is_settings_that_hold(tmp_path: Path) -> None:
    file = tmp_path / "sekisho.toml"
    file.write_text(OWN)
    environment = {}
    for name, value in SEKISHO["environment"].items():
        secret = tmp_path / Path(value).name
        secret.write_text("a secret\n")
        environment[name] = str(secret) if value.startswith("/run/secrets/") else value
    settings = load_settings(file, environment=environment).settings
    assert settings.server.public_port == 443 and settings.database.password is not None
    assert settings.sms_gateway is not None and not settings.sms_gateway.lacks_token


def test_every_secret_is_a_file_and_none_stands_in_the_environment() -> None:
    for name, service in COMPOSE["services"].items():
        files = {value for value in service["environment"].values() if value.startswith("/run/secrets/")}
        assert files == {f"/run/secrets/{secret}" for secret in service["secrets"]}, name
        assert [
            key for key in service["environment"] if re.search("password|token|secret", key.lower()) and not key.endswith("_FILE")
        ] == []
    assert set(COMPOSE["secrets"]) == {"database_password", "sms_token"}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {"secrets", "sekisho.toml", "*.key", "*.backup"} <= set(ignored)


def test_it_has_no_rights_and_writes_its_volumes_alone() -> None:
    assert SEKISHO["read_only"] and SEKISHO["cap_drop"] == ["ALL"] and "no-new-privileges:true" in SEKISHO["security_opt"]
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    made = re.search(r"install -d -o 10001 -g 10001 -m 0700 ([^\n\\]+)", DOCKERFILE)
    volumes = {target for volume in SEKISHO["volumes"] for name, target, *_ in [volume.split(":")] if not name.startswith(".")}
    assert made is not None and set(made[1].split()) == volumes == set(re.findall(r'"(/[\w/]+)"[,\]]', DOCKERFILE.partition("VOLUME")[2]))
    written = [SEKISHO["environment"][f"SEKISHO__{name}"] for name in ("SERVER__DATA_FOLDER", "KEYRING__FILE", "AUDIT__HEADS_FILE")]
    assert all(any(path.startswith(volume) for volume in volumes) for path in written)
    assert COMPOSE["networks"]["inside"]["internal"] and "ports" not in COMPOSE["services"]["db"]


def test_its_ports_are_those_it_listens_on() -> None:
    ports = {port.split(":")[1] for port in SEKISHO["ports"]}
    environment = SEKISHO["environment"]
    assert ports == {environment["SEKISHO__SERVER__HTTPS_PORT"], environment["SEKISHO__SERVER__HTTP_PORT"]}
    assert ports == set(re.findall(r"\d+", re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[0]))


def test_what_the_build_copies_is_there() -> None:
    for source in re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE):
        assert (ROOT / source).exists(), source
    assert all((ROOT / lock).exists() for lock in re.findall(r"--requirement (\S+)", DOCKERFILE))


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_compose_itself_reads_it(tmp_path: Path) -> None:
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    done = subprocess.run(["docker-compose", "config", "--quiet"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
