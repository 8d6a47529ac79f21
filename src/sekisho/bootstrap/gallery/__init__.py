"""Every message that can leave, as it is drawn for its reader: a page for the operator, who answers for each word of it (R10).

`sekisho notices gallery` writes it into a file that needs nothing else; the demo shows the same parts among its pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from sekisho.adapters.delivery.letter import paragraphs, sender_of
from sekisho.bootstrap.mailing import firm_of
from sekisho.domain.notifications import CodePurpose, Place
from sekisho.domain.notifications.message import CodeMessage, Marks, Message
from sekisho.domain.notifications.rendering import render, sms_segments
from sekisho.domain.notifications.specimens import codes, marks, notices
from sekisho.settings import Settings
from sekisho.texts.catalogue import Language, translator
from sekisho.web.kit.assets import Assets
from sekisho.web.kit.brand import Brand
from sekisho.web.kit.pages import Pages

__all__ = ["FOLDER", "Hung", "Shown", "draw_gallery", "hang", "sender"]

FOLDER = Path(__file__).parent
_KIT = Path(__file__).parents[2] / "web" / "kit" / "static" / "css"


@dataclass(frozen=True, slots=True)
class Shown:
    """One message in one language. inbox, mail: empty where it does not go there; mail is the HTML part. sms: its text."""

    language: str
    subject: str
    inbox: str
    sms: str
    segments: int
    mail: Markup


@dataclass(frozen=True, slots=True)
class Hung:
    """One kind of message, in each of the firm's languages."""

    key: str
    shown: tuple[Shown, ...]


def hang(settings: Settings) -> list[Hung]:
    """With the firm's name, number, host and languages."""
    by_language = [[_shown(one, language, settings) for one in _chosen(language)] for language in settings.firm.languages]
    keys = [_key(one) for one in _chosen(settings.firm.languages[0])]
    return [Hung(key, tuple(shown)) for key, *shown in zip(keys, *by_language, strict=True)]


def draw_gallery(settings: Settings) -> str:
    """A page without scripts that loads nothing, in the firm's own language."""
    brand = Brand(settings.firm.name)
    sheets = [_KIT / name for name in ("1-tokens.css", "2-ground.css", "3-layout.css", "4-parts.css")] + [FOLDER / "gallery.css"]
    style = Markup("\n".join(sheet.read_text("utf-8") for sheet in sheets))
    language = Language(settings.firm.default_language)
    pages = Pages(brand, Assets(brand), {"gallery": FOLDER})
    return pages.draw("gallery/file.html", language, style=style, hung=hang(settings), sender=sender(settings))


def sender(settings: Settings) -> str:
    """As mails bear it; empty where the firm sends none."""
    return "" if settings.mail is None else str(sender_of(settings.mail, settings.firm.name))


def _chosen(language: str) -> list[Message]:
    """All notices; each code where it is asked for: for programs, that of the login."""
    return [*notices(language), *(one for one in codes(language) if one.place is Place.PORTAL or one.purpose is CodePurpose.LOGIN)]


def _key(message: Message) -> str:
    at_programs = isinstance(message, CodeMessage) and message.place is Place.PROGRAM
    return f"{message.key} (program)" if at_programs else message.key


def _shown(message: Message, language: str, settings: Settings) -> Shown:
    say, firm, mark = translator(Language(language)), firm_of(settings), marks(language)
    inbox = render(message, say, firm)
    sms = render(message, say, firm, Marks(mark.reference)).body.reveal()
    mail = render(message, say, firm, mark)
    is_code = isinstance(message, CodeMessage)
    mailed = not isinstance(message, CodeMessage) or message.purpose is CodePurpose.CONTACT
    return Shown(
        language,
        inbox.subject,
        "" if is_code else inbox.body.reveal(),
        sms,
        sms_segments(sms),
        Markup(paragraphs(mail.subject, mail.body.reveal()) if mailed else ""),
    )
