"""The login history as a table for other programs: RFC 4180, UTF-8 with a mark so that spreadsheets read Japanese.

A cell that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, CSV injection): a stranger chooses what his
program calls itself.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sekisho.flows.ports.own_gate import Outcome, PastLogin
from sekisho.flows.see_history import History
from sekisho.texts.catalogue import N_, Language, Translator, translator
from sekisho.texts.territories import territory
from sekisho.web.portal.shown import CHANNELS, METHODS, why_refused

__all__ = ["neutral", "written_history"]

_MARK = "\ufeff"
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # and their full-width forms
HEADS = (
    N_("Time"), N_("Name"), N_("Result"), N_("Reason"), N_("Times"), N_("Device"), N_("Where"), N_("Address"), N_("Country"),
    N_("Network"), N_("How"), N_("Known device"),
)  # fmt: skip


def written_history(seen: History, language: Language, zone: ZoneInfo) -> bytes:
    """Times in the firm's zone, ISO 8601 with the offset."""
    say = translator(language)
    told = io.StringIO()
    writer = csv.writer(told, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([say.gettext(head) for head in HEADS])
    names = seen.names
    for login in seen.logins:
        writer.writerow([neutral(cell) for cell in _cells(login, names[login.trader], say, zone)])
    return (_MARK + told.getvalue()).encode()


def neutral(cell: str) -> str:
    """The cell as text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_STARTS_A_FORMULA) else cell


def _cells(login: PastLogin, name: str, say: Translator, zone: ZoneInfo) -> Iterator[str]:
    completed = login.outcome is Outcome.COMPLETED
    yield login.at.astimezone(zone).isoformat(timespec="seconds")
    yield name
    yield say.gettext(N_("Login completed")) if completed else say.gettext(N_("Refused"))
    yield "" if completed else say.gettext(why_refused(login.reason))
    yield str(login.times)
    yield login.program or say.gettext(N_("Unknown device"))
    yield say.gettext(next((text for door, text in CHANNELS.items() if door == login.channel), login.channel))
    yield "" if login.address is None else str(login.address)
    yield territory(login.country, say.language)
    yield login.network
    yield say.gettext(METHODS[login.methods]) if login.methods in METHODS else login.methods
    yield say.gettext(N_("yes")) if login.known_client else ""
