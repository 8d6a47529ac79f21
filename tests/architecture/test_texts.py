"""The check of the catalogue finds what it is there to find (`scripts/check_texts.py`; `make check` runs it on the house)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.check_texts import SOURCE, Faults, check, check_messages, japanese_of
from sekisho.domain.notifications import CodePurpose, NoticeKind
from sekisho.domain.notifications import templates as written

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
CODE = """
a = N_("Log in")
b = invalid("Too short.", "detail", password=f"no", name="Too long.")
c = SekishoError(Kind.MISSING, "Gone.", fields={"x": "Bad."})
d = words.text("Wait %(minutes)s min" if e else "Wait", minutes=1)
f = words.plural("%(count)s try", "%(count)s tries", 2)
"""
PAGE = '{% trans %}Dear\n   {{ name }}{% endtrans %}{{ _("Next") }}{{ _("Sekisho") }}'
JAPANESE = {
    "Log in": "ログイン",
    "Too short.": "短すぎます。",
    "Too long.": "長すぎます。",
    "Gone.": "ありません。",
    "Bad.": "正しくありません。",
    "Wait %(minutes)s min": "%(minutes)s分お待ちください",
    "Wait": "お待ちください",
    "Dear %(name)s": "%(name)s様",
    "Next": "次へ",
    "Sekisho": "Sekisho",
}
PLURAL = 'msgid "%(count)s try"\nmsgid_plural "%(count)s tries"\nmsgstr[0] "%(count)s回"\n\n'


def entry(english: str, japanese: str) -> str:
    return f'msgid "{english}"\nmsgstr "{japanese}"\n\n'


def faults(folder: Path, code: str, *catalogues: str) -> list[str]:
    """What the check says of a small house with that code, one page and these catalogues."""
    locale = folder / "locale"
    (locale / "ja").mkdir(parents=True)
    (folder / "code.py").write_text(code)
    (folder / "page.html").write_text(PAGE)
    for number, text in enumerate(catalogues):
        (locale / "ja" / f"area{number}.po").write_text(HEADER + text)
    return [fault.replace(f"{folder}/", "") for fault in check(folder, locale, ["Sekisho"])[1]]


def catalogue() -> str:
    return "".join(entry(*pair) for pair in JAPANESE.items()) + PLURAL


def test_a_sound_catalogue_passes(tmp_path: Path) -> None:
    assert faults(tmp_path, CODE.replace('f"no"', '"Too short."'), catalogue()) == []


def test_a_text_made_at_run_time_is_found(tmp_path: Path) -> None:
    assert [fault.split(": ")[:2] for fault in faults(tmp_path, CODE, catalogue())] == [
        ["code.py:3", "a text must be a literal with named placeholders"]
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"ログイン"', '""', "has no Japanese, or more than one form of it"),
        ('"ログイン"', '"Login"', "is not in Japanese (a proper name stands in scripts/proper_names.txt)"),
        ('msgid "Log in"', '#, fuzzy\nmsgid "Log in"', "is fuzzy"),
        ('msgid "Log in"', '#~ msgid "Log out"\n#~ msgstr "ログアウト"\n\nmsgid "Log in"', "is commented out: remove it"),
        ('msgid "Log in"', entry("Log out", "ログアウト") + 'msgid "Log in"', "no source has this text, or not with this plural"),
        ('msgid "Log in"', entry("Log in", "ログイン") + 'msgid "Log in"', "an entry stands twice, or the header is missing"),
        (entry("Next", "次へ"), "", "has no Japanese"),
        ("%(name)s様", "%(namae)s様", "its placeholders differ from '%(namae)s様'"),
        ("%(minutes)s分お", "100%で%(minutes)s分お", "its placeholders differ from '100%で%(minutes)s分お待ちください'"),
        ("%(count)s回", "何回か", "its placeholders differ from '何回か'"),
        ('msgid_plural "%(count)s tries"', 'msgid_plural "tries"', "no source has this text, or not with this plural"),
    ],
)
def test_a_fault_is_found(tmp_path: Path, old: str, new: str, fault: str) -> None:
    text = catalogue()
    assert old in text
    found = faults(tmp_path, CODE.replace('f"no"', '"Too short."'), text.replace(old, new))
    assert any(f": {fault}" in line for line in found), found


def test_a_text_in_two_files_is_found(tmp_path: Path) -> None:
    found = faults(tmp_path, 'a = N_("Log in")', entry("Next", "次へ") + entry("Log in", "ログイン"), entry("Log in", "ログイン"))
    assert any("stands in" in fault and "area0.po too: 'Log in'" in fault for fault in found), found


@pytest.mark.parametrize(
    ("text", "fault"), [("50% off", "a lone percent sign is written %%"), ("Every user is welcome", 'the word "user" is not ours')]
)
def test_a_text_that_cannot_stand_is_found(tmp_path: Path, text: str, fault: str) -> None:
    assert any(fault in line for line in faults(tmp_path, f'a = N_("{text}")'))


# Every message that can leave is built (J09): what may not stand in one is found before anybody gets it.

OUR_JAPANESE = japanese_of(SOURCE / "texts" / "locale")
PLANTED = [
    "Look at https://hakone.example/login",
    "Open hakone.example now",
    "Write to help@hakone",
    "Call 03-1234-5678",
    "Call ０９０１２３４５６７８",
]


def message_faults(japanese: dict[str, str]) -> list[str]:
    faults = Faults()
    check_messages(japanese, faults)
    return faults


def test_every_message_of_the_house_can_be_built() -> None:
    faults = Faults()
    assert check_messages(OUR_JAPANESE, faults) > 2 * 3 * len(NoticeKind)
    assert faults == []


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("kind", [NoticeKind.PASSWORD_CHANGED, NoticeKind.DELEGATE_REFUSED])
@pytest.mark.parametrize("part", ["subject", "body"])
def test_a_planted_link_or_foreign_number_in_a_notice_is_found(
    monkeypatch: pytest.MonkeyPatch, planted: str, kind: NoticeKind, part: str
) -> None:
    template = written.NOTICES[kind]
    monkeypatch.setitem(written.NOTICES, kind, replace(template, **{part: f"{getattr(template, part)} {planted}"}))
    assert [fault for fault in message_faults(OUR_JAPANESE) if fault.startswith(f"{kind} (en)")]


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize(
    "english",
    [
        written.NOTICES[NoticeKind.LOGIN_UNKNOWN_CLIENT].body,
        written.NOTICES[NoticeKind.LOGIN_UNKNOWN_CLIENT].subject,
        written.AGAIN.body,
        written.CODES[CodePurpose.STEP_UP].body,
        written.TRIAL.body,
        written.REFERENCE,
        written.PHRASE,
        written.MOMENT,
    ],
)
def test_a_planted_link_or_foreign_number_in_the_japanese_is_found(planted: str, english: str) -> None:
    faults = message_faults(OUR_JAPANESE | {english: f"{OUR_JAPANESE[english]} {planted}"})
    assert faults and all("(ja): this message cannot be built" in fault for fault in faults)
    assert planted not in str(faults)


def test_a_message_whose_parameters_do_not_fit_is_found() -> None:
    english = written.NOTICES[NoticeKind.LOGIN_RESTRICTED].body
    assert message_faults(OUR_JAPANESE | {english: "【%(firma)s】"})
