"""What `config template`, `config show` and docs/settings.md tell of the settings."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from sekisho.settings import Settings, load_settings, reference, show_settings, template
from sekisho.settings.fields import sections_of
from sekisho.settings.origin import lines_of_keys

ROOT = Path(__file__).parents[2]
KEYS = [key for section in sections_of(Settings).values() for key in section.keys.values()]


def test_the_template_is_a_valid_file_once_the_firm_is_named(tmp_path):
    text = template().replace('name = ""', 'name = "Example"').replace('service_phone = ""', 'service_phone = "0120-000-000"')
    file = tmp_path / "sekisho.toml"
    file.write_text(text)
    assert load_settings(file, {}).settings.firm.short_name == "Example"


def test_every_line_of_the_template_can_be_taken_in(tmp_path):
    """With each "#" off a key, the file still parses, and holds the defaults."""
    opened = re.sub(r"^# (?=\[|[a-z_]+ = )", "", template(), flags=re.MULTILINE)
    document = tomllib.loads(opened)
    for key in KEYS:
        assert key.name in document[key.section] or f"{key.name}_file" in document[key.section]
    without_unset = "\n".join(line for line in opened.splitlines() if not line.endswith("# not set"))
    file = tmp_path / "sekisho.toml"
    file.write_text(
        re.sub(r'(\[(?:sms_gateway|webhooks)\](?:\n#.*)*\n)url = ""', r'\1url = "https://sms.example"', without_unset)
        .replace('host = ""', 'host = "smtp.example"')
        .replace('\nfrom_address = ""', '\nfrom_address = "notices@broker.example"')
        .replace('name = ""', 'name = "Example"')
        .replace('service_phone = ""', 'service_phone = "0120-000-000"')
    )
    opened_up = load_settings(file, {})
    plain = load_settings(None, {"SEKISHO__FIRM__NAME": "Example", "SEKISHO__FIRM__SHORT_NAME": "Example",
                                 "SEKISHO__FIRM__SERVICE_PHONE": "0120-000-000"}, standard_files=())  # fmt: skip
    assert opened_up.settings.sessions == plain.settings.sessions
    assert opened_up.settings.server == plain.settings.server
    assert opened_up.settings.delivery == plain.settings.delivery


def test_bounds_and_their_source_are_told():
    assert "Must be between 1m and 1h (NIST SP 800-63B-4 §2.2.3)" in template()
    assert "Must be between 2 and 100 (NIST SP 800-63B-4 §3.2.2)" in reference()


def test_the_documentation_lists_every_key():
    assert reference() in (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), "run: sekisho config template --markdown"


@pytest.mark.parametrize(
    "given",
    [
        {"SEKISHO__DATABASE__PASSWORD": "s3cret-s3cret"},
        {"SEKISHO__DATABASE__URL": "postgresql://sekisho:s3cret-s3cret@db/sekisho"},
        {"SEKISHO__SMS_GATEWAY__URL": "https://sms.example", "SEKISHO__SMS_GATEWAY__TOKEN": "s3cret-s3cret"},
        {"SEKISHO__SMS_GATEWAY__URL": "https://sms.example", "SEKISHO__SMS_GATEWAY__HEADERS": '{"Key": "s3cret-s3cret"}'},
    ],
)
def test_secrets_are_never_shown(given):
    firm = {"SEKISHO__FIRM__NAME": "E", "SEKISHO__FIRM__SHORT_NAME": "E", "SEKISHO__FIRM__SERVICE_PHONE": "0120-000-000"}
    loaded = load_settings(None, firm | given, standard_files=())
    shown = repr(show_settings(loaded))
    assert "s3cret" not in shown
    assert "***" in shown


def test_lines_are_found_also_beside_texts_of_several_lines():
    document = 'a = 1\n[one]\nb = """\nc = 2\n"""\nc = 3\n[ two . "three" ] # here\nd.e = 4\n'
    assert lines_of_keys(document) == {"a": 1, "one": 2, "one.b": 3, "one.c": 6, "two.three": 7, "two.three.d.e": 8}
