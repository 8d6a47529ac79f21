"""A trader asks whether a message is from us, by the reference at its end (R10, J12).

Only who is logged in gets an answer, and only of messages to himself. Were it answered to anybody, a thief could take a notice that he
got as a customer, put its true reference under a false text, and our own page would vouch for it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.notifications import Channel, NoticeKind
from sekisho.domain.notifications.templates import NOTICES
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.delivery import MessageState
from sekisho.flows.ports.memory import LiveSession
from sekisho.kernel.errors import invalid
from sekisho.texts.catalogue import N_

__all__ = ["KnownMessage", "check_message"]

_WRONG = N_("A reference has eight letters, such as KQMX-TRWP.")


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message of ours. about: a catalogue text. written: when it was made; settled: when it left, or was given up."""

    about: str
    channel: Channel
    masked: str
    state: MessageState
    written: datetime
    settled: datetime | None


def check_message(typed: str, live: LiveSession, deps: Dependencies) -> KnownMessage | None:
    """None: no message to this trader has that reference. Raises INVALID for what can be no reference."""
    reference = _read(typed)
    with deps.storage.reading() as tx:
        posting = tx.outbox.by_reference(live.trader.id, reference)
        masked = "" if posting is None else tx.outbox.masked_address(posting.id)
    if posting is None:
        return None
    about = NOTICES[NoticeKind(posting.kind)].subject
    return KnownMessage(about, posting.channel, masked, posting.state, posting.created, posting.settled)


def _read(typed: str) -> str:
    """However it was typed: in small or wide letters, with blanks, with any hyphen or none."""
    letters = re.sub(r"[\s\-\u2010-\u2015\u2212\u30fc]", "", unicodedata.normalize("NFKC", typed)).upper()
    if not re.fullmatch(r"[A-Z]{8}", letters):
        raise invalid(_WRONG, "reference", reference=_WRONG)
    return f"{letters[:4]}-{letters[4:]}"
