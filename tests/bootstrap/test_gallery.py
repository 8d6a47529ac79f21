"""The gallery shows the operator every message, in each of the firm's languages and on every way, and loads nothing (R10)."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sekisho.bootstrap.gallery import draw_gallery, hang
from sekisho.cli.notices import app
from sekisho.domain.notifications import CodePurpose, NoticeKind
from sekisho.domain.notifications.kinds import NEVER_DIGESTED
from sekisho.kernel.errors import SekishoError
from sekisho.settings import Settings, load_settings

FIRM = '[firm]\nname = "Hakone <Securities>"\nshort_name = "Hakone"\nservice_phone = "03-4590-0711"\n'
MAIL = '[mail]\nhost = "smtp.hakone.example"\nfrom_address = "notices@hakone.example"\nfrom_name = "Hakone & Co"\n'


def settings_of(folder: Path, text: str = FIRM + MAIL) -> Settings:
    path = folder / "sekisho.toml"
    path.write_text(text)
    return load_settings(path).settings


def test_every_kind_and_code_hangs_there_in_each_language(tmp_path: Path) -> None:
    hung = hang(settings_of(tmp_path))
    keys = {one.key for one in hung}
    digests = {f"{kind}.again" for kind in set(NoticeKind) - NEVER_DIGESTED}
    assert keys == {*NoticeKind, *digests, *(f"code.{purpose}" for purpose in CodePurpose), "code.login (program)"}
    assert {tuple(shown.language for shown in one.shown) for one in hung} == {("ja", "en")}
    for one in hung:
        for shown in one.shown:
            assert shown.segments >= 1 and "%(" not in shown.sms
            assert bool(shown.inbox) == (not one.key.startswith("code."))
            assert bool(shown.mail) == (not one.key.startswith("code.") or one.key == "code.contact")
            if shown.inbox:
                assert "KQMX-TRWP" in shown.sms and "KQMX-TRWP" in shown.mail and "KQMX-TRWP" not in shown.inbox
                assert ("seven cranes at dusk" in shown.mail) == (shown.language == "en")


def test_it_is_one_page_without_scripts_that_loads_nothing(tmp_path: Path) -> None:
    page = draw_gallery(settings_of(tmp_path))
    assert page.count("<html") == 1 and '<html lang="ja">' in page
    assert not re.search(r"<(script|link|img|iframe|a)\b|\b(src|href|on\w+)=|url\(|@import", page)
    assert "Hakone <Securities>" not in page and html.escape("Hakone <Securities>") in page
    assert "Hakone &amp; Co" in page and "notices@hakone.example" in page and "03-4590-0711" in page


@pytest.mark.parametrize("languages", ['["en"]', '["ja"]'])
def test_a_firm_of_one_language_sees_that_one(tmp_path: Path, languages: str) -> None:
    only = languages[2:4]
    text = FIRM + f'languages = {languages}\ndefault_language = "{only}"\n'
    hung = hang(settings_of(tmp_path, text))
    assert {shown.language for one in hung for shown in one.shown} == {only}
    page = draw_gallery(settings_of(tmp_path, text))
    assert ("sends no mail yet" in page) == (only == "en") and f'<html lang="{only}">' in page


def test_the_command_writes_it_and_says_where_it_cannot(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    config = ["--config", str(tmp_path / "sekisho.toml")]
    for _ in range(2):  # a second run replaces it
        done = CliRunner().invoke(app, ["gallery", str(tmp_path / "notices.html"), "--json", *config])
        assert done.exit_code == 0, done.output
    assert (tmp_path / "notices.html").read_text("utf-8") == draw_gallery(settings)
    failure = CliRunner().invoke(app, ["gallery", str(tmp_path / "none" / "notices.html"), *config]).exception
    assert isinstance(failure, SekishoError) and "No such file" in failure.detail
