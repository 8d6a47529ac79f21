"""What a trader chooses of his messages (R10), and that he knows codes can be relayed (R4, J06)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from sekisho.domain.notifications.safe_text import harmless
from sekisho.flows.checkpoint import quarantined
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import phrase_context
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import ChangeKind
from sekisho.kernel.errors import invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.texts.catalogue import N_, Language

__all__ = ["Preferences", "acknowledge_relay", "see_preferences", "set_preferences"]

UNFIT = N_("Use 4 to 32 letters, blanks and single digits. Signs, and anything like a link or a number to call, cannot stand in it.")


@dataclass(frozen=True, slots=True)
class Preferences:
    """phrase: his own words, which stand in every mail of ours and in none of a stranger's; empty for none."""

    language: Language
    notify_known_logins: bool
    phrase: str


def see_preferences(live: LiveSession, deps: Dependencies) -> Preferences:
    """Without the phrase in a quarantined session: a thief who read it could write mails that look like ours (R4)."""
    with deps.storage.reading() as tx:
        record = tx.traders.get(live.trader.id)
    if record is None:
        raise missing("trader")
    trader = record.trader
    hidden = trader.phrase is None or quarantined(trader, live.session, deps.clock())
    phrase = "" if hidden else deps.keyring.open(Purpose.FIELDS, trader.phrase or "", phrase_context(trader.id))
    return Preferences(Language(trader.language), trader.notify_known_logins, phrase)


def set_preferences(live: LiveSession, wanted: Preferences, deps: Dependencies) -> None:
    """The owner is told, as of every change, in the language and with the phrase that he knows: a thief may have chosen the new ones.

    The same again is no change: nothing is written, and nobody is told.
    Raises INVALID for a phrase that could be taken for a link or number.
    """
    now = deps.clock()
    phrase = _checked_phrase(wanted.phrase)
    wanted = replace(wanted, phrase=phrase)
    with deps.storage.transaction() as tx:
        record = tx.traders.lock(live.trader.id)
        if record is None:
            raise missing("trader")
        trader = record.trader
        known = deps.keyring.open(Purpose.FIELDS, trader.phrase, phrase_context(trader.id)) if trader.phrase else ""
        if wanted == Preferences(Language(trader.language), trader.notify_known_logins, known):
            return
        sealed = deps.keyring.seal(Purpose.FIELDS, phrase, phrase_context(trader.id)) if phrase else None
        changed = replace(trader, language=wanted.language.value, notify_known_logins=wanted.notify_known_logins, phrase=sealed)
        tx.traders.save(changed)
        tx.changes.append(ChangeKind.TRADER, trader.id, now)
        facts: dict[str, Fact] = {"language": wanted.language, "known_logins": wanted.notify_known_logins, "phrase": bool(phrase)}
        tx.audit.append(Event(EventKind.PREFERENCE_CHANGED, actor=trader.id, trader=trader.id, facts=facts), now)
        notify(NoticeKind.PREFERENCES_CHANGED, record, {}, now, tx, deps)
    deps.memory.forget_trader(live.trader.id)
    deps.outbox_ready()


def acknowledge_relay(live: LiveSession, deps: Dependencies) -> None:
    """He has read that a code can be relayed by a false site, and until when he logs in like that. The first time counts."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.lock(live.trader.id)
        if record is None:
            raise missing("trader")
        if record.trader.relay_acknowledged is not None:
            return
        tx.traders.save(replace(record.trader, relay_acknowledged=now))
        tx.changes.append(ChangeKind.TRADER, live.trader.id, now)
        day = deps.policies.firm.phishing_resistant_from
        facts: dict[str, Fact] = {"phishing_resistant_from": day.isoformat() if day else None}
        tx.audit.append(Event(EventKind.RELAY_ACKNOWLEDGED, actor=live.trader.id, trader=live.trader.id, facts=facts), now)
    deps.memory.forget_trader(live.trader.id)


def _checked_phrase(typed: str) -> str:
    phrase = " ".join(unicodedata.normalize("NFKC", typed).split())
    if phrase and (harmless(phrase) != phrase or len(phrase) < 4):
        raise invalid(UNFIT, "phrase", phrase=UNFIT)
    return phrase
