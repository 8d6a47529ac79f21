"""Every message in every language: it says what to do and whom to call, fits an SMS, and holds no link or foreign number (R4, R10, J09)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import sekisho.texts
from sekisho.domain.notifications import CodePurpose, NoticeKind, Place
from sekisho.domain.notifications.message import CodeMessage, Firm, Marks, Notice
from sekisho.domain.notifications.rendering import render, sms_segments
from sekisho.domain.notifications.safe_text import UnsafeText, check_text, harmless
from sekisho.domain.notifications.templates import CODES, NOTICES
from sekisho.kernel.secrets import Secret

AT = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
FIRM = Firm("Hakone Securities", "03-4590-0711", "portal.hakone.example", ZoneInfo("Asia/Tokyo"))
PARAMS = {"program": "Microsoft Edge on Windows", "minutes": 15, "contact": "+81 ·· ···· ··42", "hours": 24, "who": "Hanako Sato"}
PARAMS |= {"whose": "the family account of Sato", "account": "the family account of Sato"}
MARKS = Marks("KQMX-TRWP", "seven cranes at dusk")
PORTAL_HOST = "portal.hakone.example"


class English:
    def gettext(self, message: str, /) -> str:
        return message


class Japanese:
    def __init__(self) -> None:
        po = next(iter(sekisho.texts.__path__)) + "/locale/ja/notices.po"
        with open(po, "rb") as source:
            self.texts = {entry.id: entry.string for entry in read_po(source, locale="ja") if entry.id}

    def gettext(self, message: str, /) -> str:
        return self.texts[message]  # a missing Japanese text fails the test


LANGUAGES = {"en": English(), "ja": Japanese()}
in_each_language = pytest.mark.parametrize("language", LANGUAGES)


def a_notice(kind: NoticeKind, again: bool = False, **params: object) -> Notice:
    return Notice(kind, AT, {name: PARAMS[name] for name in NOTICES[kind].needs} | params, again)


def a_code(purpose: CodePurpose, place: Place = Place.PORTAL, program: str = "Edge on Windows") -> CodeMessage:
    action = "Password changed" if purpose is CodePurpose.STEP_UP else None
    return CodeMessage(purpose, Secret("048213"), place, program, 5, action)


@in_each_language
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_names_the_firm_and_whom_to_call_and_fits_three_sms(kind, again, language):
    rendered = render(a_notice(kind, again), LANGUAGES[language], FIRM, Marks(MARKS.reference))
    body = rendered.body.reveal()
    assert body.endswith(MARKS.reference)
    assert FIRM.name in body and FIRM.service_phone in body
    assert sms_segments(body) <= 3, (sms_segments(body), len(body), body)
    assert rendered.subject and "%(" not in rendered.subject + body


@in_each_language
@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("purpose", CodePurpose)
def test_every_code_message_names_purpose_place_and_program_and_ends_bound_to_its_origin(purpose, place, language):
    texts = LANGUAGES[language]
    body = render(a_code(purpose, place), texts, FIRM).body.reveal()
    assert body.endswith("\n@portal.hakone.example #048213")
    assert "Edge on Windows" in body
    assert {
        "en": {Place.PORTAL: "Client Portal", Place.PROGRAM: "trading program"},
        "ja": {Place.PORTAL: "お客様ポータル", Place.PROGRAM: "取引ソフト"},
    }[language][place] in body
    assert {
        CodePurpose.LOGIN: ("log in", "ログイン"),
        CodePurpose.ACTIVATION: ("activate", "利用開始"),
        CodePurpose.STEP_UP: ("Password changed", "パスワードの変更"),
        CodePurpose.CONTACT: ("confirm this address", "宛先確認用"),
    }[purpose][language == "ja"] in body
    most = 3 if purpose is CodePurpose.STEP_UP and language == "ja" else 2  # it names the act, whatever its length
    assert sms_segments(body) <= most, (sms_segments(body), len(body), body)


@in_each_language
@pytest.mark.parametrize(
    "phrase, shown", [(MARKS.phrase, MARKS.phrase), ("see evil.com", "see evil com"), ("call 0312345678", "call"), ("", "")]
)
def test_a_mail_begins_with_the_traders_own_phrase(phrase, shown, language):
    """A phrase that could be read as a link or number never leaves, and never keeps a notice from leaving."""
    rendered = render(a_notice(NoticeKind.PASSWORD_CHANGED), LANGUAGES[language], FIRM, Marks("KQMX-TRWP", phrase))
    first = rendered.body.reveal().split("\n\n")[0]
    if shown:
        assert first.endswith(shown) and FIRM.name not in first
    else:
        assert FIRM.name in first


def test_times_are_the_firms():
    assert "2026-03-01 09:30 JST" in render(a_notice(NoticeKind.PASSWORD_CHANGED), LANGUAGES["en"], FIRM).body.reveal()
    assert "2026年3月1日9時30分（JST）" in render(a_notice(NoticeKind.PASSWORD_CHANGED), LANGUAGES["ja"], FIRM).body.reveal()


@pytest.mark.parametrize(
    "text",
    [
        "see https://evil.example/login", "http://1.2.3.4", "www.evil", "evil.example", "evil.com now", "ＥＶＩＬ．ｃｏｍ", "evil。com",
        "例え.テスト", "xn--r8jz45g",
        "evil\u200b.com", "evil.\u00adcom", "mailto:a@b", "tel:110", "javascript:alert", "a@b",
        "@handle", "go to 192.0.2.7", "fe80::1", "2001:db8:0:1:2:3:4:5",
        "call 03-1234-5678", "call 0312345678", "call +81 90 1234 5678", "call （０３）１２３４ー５６７８",
        "call 12345", "0 1 2 3 4", "03.4590.0712",
        "03-4590-0711 1", "9999-99-99 09:30", "@portal.hakone.example #123456",
    ],
)  # fmt: skip
def test_a_text_with_a_link_or_a_foreign_number_is_refused(text):
    with pytest.raises(UnsafeText) as refusal:
        check_text(f"Notice. {text}", FIRM.service_phone)
    assert text not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "Call 03-4590-0711 at once.",
        "At 2026-03-01 09:30 JST, 15 minutes.",
        "+81 ** **** **42",
        "3月1日9:30からです。SMSは届きません。",
        "Wait: 1 of 9999.",
    ],
)
def test_what_a_notice_needs_is_allowed(text):
    check_text(text, FIRM.service_phone)


@pytest.mark.parametrize(
    "body",
    [
        "Code 048213\n\n@evil.example #048213", "Code 048213\n\n@portal.hakone.example #048214", "Code 048213",
        "@portal.hakone.example #048213 go",
        "evil.example 048213\n\n@portal.hakone.example #048213", "048213 048213\n\n@portal.hakone.example #048213",
    ],
)  # fmt: skip
def test_a_code_message_has_one_code_and_exactly_its_own_last_line(body):
    with pytest.raises(UnsafeText):
        check_text(body, FIRM.service_phone, "048213", PORTAL_HOST)


@given(
    st.text(max_size=80)
    | st.sampled_from(["evil.com", "ｅｖｉｌ.ｃｏｍ 03-1234-5678", "a://b", "xn--a", "٠١٢٣٤٥٦٧", "x\n@evil.com #1", "½½½½½½", "ﾟxn--q"])
)
def test_no_stranger_can_keep_a_notice_from_being_sent_or_put_a_link_into_it(program):
    for language in LANGUAGES.values():
        assert render(a_notice(NoticeKind.LOGIN_UNKNOWN_CLIENT, program=program), language, FIRM)
        assert render(a_code(CodePurpose.LOGIN, program=program), language, FIRM)


def test_a_program_without_a_plain_letter_is_called_unknown():
    assert harmless("://..\x00") == ""
    assert "(unknown program)" in render(a_notice(NoticeKind.LOGIN_UNKNOWN_CLIENT, program="://"), LANGUAGES["en"], FIRM).body.reveal()


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if NOTICES[kind].needs])
def test_a_notice_needs_its_parameters(kind):
    with pytest.raises(ValueError, match="needs the parameters"):
        Notice(kind, AT)


def test_what_only_the_inbox_shows_does_not_leave_the_house():
    rendered = render(a_notice(NoticeKind.LOGIN_UNKNOWN_CLIENT, address="198.51.100.7"), LANGUAGES["en"], FIRM)
    assert "198.51" not in rendered.body.reveal()


@pytest.mark.parametrize("name", ["森ファミリー口座", "佐々木 花子", "スーパートレーダー ２"])
def test_japanese_names_are_left_as_they_are_written(name):
    assert harmless(name) == name.replace("２", "2")


def test_only_a_step_up_names_an_action():
    with pytest.raises(ValueError, match="action"):
        CodeMessage(CodePurpose.STEP_UP, Secret("1"), Place.PORTAL, "Edge", 5)
    with pytest.raises(ValueError, match="action"):
        CodeMessage(CodePurpose.LOGIN, Secret("1"), Place.PORTAL, "Edge", 5, "Password changed")


def test_a_notice_comes_back_from_the_inbox():
    notice = a_notice(NoticeKind.LOGIN_RESTRICTED, again=True)
    assert notice.key == "login_restricted.again"
    assert Notice.kept(notice.key, AT, notice.params) == notice


def test_a_code_never_prints():
    message = a_code(CodePurpose.LOGIN)
    assert "048213" not in repr(message) + repr(render(message, LANGUAGES["en"], FIRM))


@pytest.mark.parametrize(
    "name, phone",
    [("evil.com", "03-4590-0711"), ("Call 03-1234-5678", "03-4590-0711"), ("", "03-4590-0711"), ("Acme", ""), ("Acme\n", "0311112222")],
)
def test_a_firm_whose_name_would_spoil_every_message_is_refused(name, phone):
    with pytest.raises(ValueError):
        Firm(name, phone, PORTAL_HOST, ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize(
    "text, segments", [("a" * 160, 1), ("a" * 161, 2), ("{" * 81, 2), ("あ" * 70, 1), ("あ" * 71, 2), ("あ" * 135, 3), ("😀" * 36, 2)]
)
def test_sms_segments_are_counted_as_the_network_does(text, segments):
    assert sms_segments(text) == segments


def test_placeholders_are_the_same_in_both_languages():
    japanese = LANGUAGES["ja"]
    for template in [*NOTICES.values(), *CODES.values()]:
        for text in (template.subject, template.body):
            assert set(_names(text)) >= set(_names(japanese.gettext(text))) >= set(_names(text))


def _names(text: str) -> list[str]:
    return [part.split(")")[0] for part in text.split("%(")[1:]]
