"""Telling the trader: into the inbox at once, to his phone through the outbox, both in the flow's own commit (R10; J13, N43, N45)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sekisho.domain.accounts import Trader
from sekisho.domain.authentication.authenticator import Authenticator
from sekisho.domain.authentication.ceremony import Ceremony
from sekisho.domain.notifications.kinds import Channel, CodePurpose, NoticeKind, Place
from sekisho.domain.notifications.message import CodeMessage, Firm, Message, Notice
from sekisho.domain.notifications.rationing import Admission, admits_now
from sekisho.domain.notifications.rendering import render
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.delivery import OutboxMessage
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import InboxNotice, LoginRecord, Transaction
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import Language, translator

__all__ = ["NoticeKind", "notify", "queue_code"]

INBOX_ONLY = frozenset({NoticeKind.LOGIN_KNOWN_CLIENT})  # by choice on the phone (R10); always in the inbox


def notify(kind: NoticeKind, record: LoginRecord, params: dict[str, Fact], now: datetime, tx: Transaction, deps: Dependencies) -> None:
    """One notice to the trader. At most one per kind and hour, then a digest (R10)."""
    trader = record.trader
    notice = Notice(kind, now, params)
    admitted = admits_now(kind, tx.outbox.last_due(trader.id, kind), now)
    if admitted.how is Admission.HELD:
        return  # a digest that is waiting covers it: strangers cannot bury older notices under new ones
    if admitted.how is Admission.DIGEST:
        notice = Notice(kind, now, params, again=True)
    tx.inbox.add(InboxNotice(new_id("ntc", now), trader.id, now, notice.key, params))
    if record.phone is None or kind in INBOX_ONLY:
        return
    message = _message(notice, kind, trader, _number(record.phone, deps), now, deps)
    tx.outbox.add(_due(message, admitted.due))
    tx.audit.append(Event(EventKind.NOTICE_QUEUED, trader=trader.id, facts={"notice": notice.key, "message": message.id}), now)


def queue_code(
    ceremony: Ceremony, trader: Trader, number: Secret, digits: Secret, host: str, now: datetime, tx: Transaction, deps: Dependencies
) -> None:
    """The message that carries a security code: purpose, place, program, and the origin-bound form at its end (R4)."""
    minutes = int(deps.policies.codes.life.total_seconds() // 60)
    message = CodeMessage(
        purpose=CodePurpose(ceremony.purpose.value),
        code=digits,
        place=Place.PORTAL if ceremony.channel == "portal" else Place.PROGRAM,
        program=ceremony.program,
        minutes=minutes,
        action=ceremony.action_text or None,
    )
    outgoing = _message(message, message.key, trader, number, now, deps, host)
    tx.outbox.add(outgoing)


def _message(
    message: Message, kind: str, trader: Trader, number: Secret, now: datetime, deps: Dependencies, host: str | None = None
) -> OutboxMessage:
    firm = deps.policies.firm
    words = Firm(firm.name, firm.service_phone, host or deps.policies.portal_host, firm.time_zone)
    rendered = render(message, translator(Language(trader.language)), words)
    code = message.code if isinstance(message, CodeMessage) else None
    life = deps.policies.codes.life if code else deps.policies.notice_life
    return OutboxMessage(
        id=new_id("msg", now),
        trader=trader.id,
        channel=Channel.SMS,
        address=number,
        kind=kind,
        language=trader.language,
        subject=Secret(rendered.subject),
        body=rendered.body,
        code=code,
        created=now,
        due=now,
        expires=now + life,
    )


def _due(message: OutboxMessage, due: datetime) -> OutboxMessage:
    return message if due == message.due else replace(message, due=due, expires=message.expires + (due - message.due))


def _number(phone: Authenticator, deps: Dependencies) -> Secret:
    return Secret(deps.keyring.open(Purpose.FIELDS, phone.value, phone.id))
