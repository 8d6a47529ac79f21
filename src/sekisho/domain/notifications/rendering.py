"""Key and parameters become text, checked before anyone can send it (J09)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sekisho.domain.notifications.message import CodeMessage, Firm, Marks, Message, Notice, Rendered, Translator
from sekisho.domain.notifications.safe_text import check_text, quotable
from sekisho.domain.notifications.templates import AGAIN, CODES, MOMENT, NOTICES, PHRASE, PLACES, REFERENCE, TRIAL, UNKNOWN_PROGRAM
from sekisho.kernel.events import Fact
from sekisho.kernel.secrets import Secret

__all__ = ["render", "render_trial", "sms_segments"]

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = set("^{}\\[~]|€")


def render(message: Message, translator: Translator, firm: Firm, marks: Marks = Marks()) -> Rendered:  # noqa: B008 - frozen
    """The text in the translator's language. Raises UnsafeText for a text with a link or a foreign phone number; parameters, which may
    come from outside, are cut to what is harmless first, so that no stranger can keep a notice from being sent."""
    if isinstance(message, CodeMessage):
        return _code(message, translator, firm)
    return _notice(message, translator, firm, marks)


def render_trial(at: datetime, translator: Translator, firm: Firm) -> Rendered:
    """A mail that tells of nothing, to see whether mails arrive."""
    words = {"firm": firm.name, "phone": firm.service_phone, "at": _moment(at, firm.time_zone, translator)}
    return _checked(translator.gettext(TRIAL.subject), translator.gettext(TRIAL.body) % words, firm, None)


def _notice(notice: Notice, translator: Translator, firm: Firm, marks: Marks) -> Rendered:
    template = NOTICES[notice.kind]
    words = {name: _parameter(name, value, translator) for name, value in notice.params.items()}
    words |= {"firm": firm.name, "phone": firm.service_phone, "at": _moment(notice.at, firm.time_zone, translator)}
    subject = translator.gettext(template.subject)
    body = translator.gettext(template.body)
    if notice.again:
        words["subject"] = subject
        subject, body = translator.gettext(AGAIN.subject), translator.gettext(AGAIN.body)
    return _checked(subject % words, _marked(body % words, marks, translator), firm, None)


def _marked(body: str, marks: Marks, translator: Translator) -> str:
    phrase = _parameter("phrase", marks.phrase, translator)
    before = translator.gettext(PHRASE) % {"phrase": phrase} + "\n\n" if phrase else ""
    after = "\n\n" + translator.gettext(REFERENCE) % {"reference": marks.reference} if marks.reference else ""
    return f"{before}{body}{after}"


def _code(message: CodeMessage, translator: Translator, firm: Firm) -> Rendered:
    template = CODES[message.purpose]
    code = message.code.reveal()
    words = {
        "firm": firm.name,
        "phone": firm.service_phone,
        "code": code,
        "place": translator.gettext(PLACES[message.place]),
        "program": _parameter("program", message.program, translator),
        "minutes_left": str(message.minutes),
        "action": translator.gettext(message.action) if message.action else "",
    }
    text = translator.gettext(template.body) % words
    return _checked(translator.gettext(template.subject), f"{text}\n\n@{firm.host} #{code}", firm, code)


def _checked(subject: str, body: str, firm: Firm, code: str | None) -> Rendered:
    check_text(subject, firm.service_phone)
    check_text(body, firm.service_phone, code, firm.host)
    return Rendered(subject, Secret(body))


def _parameter(name: str, value: Fact, translator: Translator) -> str:
    text = quotable(str(value))
    return text if text or name != "program" else translator.gettext(UNKNOWN_PROGRAM)


def _moment(at: datetime, zone: ZoneInfo, translator: Translator) -> str:
    local = at.astimezone(zone)
    parts = {name: getattr(local, name) for name in ("year", "month", "day", "hour", "minute")}
    return translator.gettext(MOMENT) % (parts | {"zone": local.tzname()})


def sms_segments(text: str) -> int:
    """How many SMS a text takes: 160 or 153 units each in the GSM alphabet, 70 or 67 in UCS-2 (3GPP TS 23.038, 23.040)."""
    if set(text) <= _GSM | _GSM_DOUBLE:
        units, one, more = len(text) + sum(character in _GSM_DOUBLE for character in text), 160, 153
    else:
        units, one, more = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if units <= one else -(-units // more)
