"""Telling the trader: into the inbox at once, to phone and e-mail through the outbox, all in the flow's own commit (R10; J13, N43, N45)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sekisho.domain.accounts import Trader
from sekisho.domain.authentication.ceremony import Ceremony
from sekisho.domain.notifications.kinds import Channel, CodePurpose, NoticeKind, Place
from sekisho.domain.notifications.message import CodeMessage, Firm, Marks, Message, Notice
from sekisho.domain.notifications.rationing import Admission, admits_now
from sekisho.domain.notifications.rendering import render
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import Destination, notice_destinations, phrase_context
from sekisho.flows.ports.delivery import OutboxMessage
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import InboxNotice, LoginRecord, Transaction
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret, new_reference
from sekisho.texts.catalogue import Language, translator

__all__ = ["NoticeKind", "notify", "queue_code"]


def notify(
    kind: NoticeKind,
    record: LoginRecord,
    params: dict[str, Fact],
    now: datetime,
    tx: Transaction,
    deps: Dependencies,
    also: Sequence[Destination] = (),
) -> None:
    """One notice to the trader, on every way to him. At most one per kind and hour, then a digest (R10).

    also: addresses that were his, or are about to be (J14, N45).
    """
    trader = record.trader
    notice = Notice(kind, now, params)
    admitted = admits_now(kind, tx.outbox.last_due(trader.id, kind), now)
    if admitted.how is Admission.HELD:
        return  # a digest that is waiting covers it: strangers cannot bury older notices under new ones
    if admitted.how is Admission.DIGEST:
        notice = Notice(kind, now, params, again=True)
    tx.inbox.add(InboxNotice(new_id("ntc", now), trader.id, now, notice.key, params))
    if kind is NoticeKind.LOGIN_KNOWN_CLIENT and not trader.notify_known_logins:
        return  # by choice on the other ways (R10); always in the inbox
    for destination in _without_doubles([*notice_destinations(record, deps.policies.mail, deps.keyring), *also]):
        message = _message(notice, kind, trader, destination, now, deps)
        tx.outbox.add(_due(message, admitted.due))
        facts: dict[str, Fact] = {"notice": notice.key, "message": message.id, "channel": destination.channel}
        tx.audit.append(Event(EventKind.NOTICE_QUEUED, trader=trader.id, facts=facts), now)


def queue_code(
    ceremony: Ceremony,
    trader: Trader,
    destination: Destination,
    digits: Secret,
    host: str,
    now: datetime,
    tx: Transaction,
    deps: Dependencies,
) -> None:
    """The message that carries a security code: purpose, place, program, and the origin-bound form at its end (R4)."""
    purpose, codes = CodePurpose(ceremony.purpose.value), deps.policies.codes
    life = codes.proof_life if purpose is CodePurpose.STEP_UP else codes.life
    message = CodeMessage(
        purpose=purpose,
        code=digits,
        place=Place.PORTAL if ceremony.channel == "portal" else Place.PROGRAM,
        program=ceremony.program,
        minutes=int(life.total_seconds() // 60),
        action=ceremony.action_text if purpose is CodePurpose.STEP_UP else None,
    )
    tx.outbox.add(_message(message, message.key, trader, destination, now, deps, host))


def _message(
    message: Message, kind: str, trader: Trader, destination: Destination, now: datetime, deps: Dependencies, host: str | None = None
) -> OutboxMessage:
    firm = deps.policies.firm
    words = Firm(firm.name, firm.service_phone, host or deps.policies.portal_host, firm.time_zone)
    code = message.code if isinstance(message, CodeMessage) else None
    marks = Marks() if code else _marks(trader, destination, deps)
    rendered = render(message, translator(Language(trader.language)), words, marks)
    life = deps.policies.codes.life if code else deps.policies.notice_life
    return OutboxMessage(
        id=new_id("msg", now),
        trader=trader.id,
        channel=destination.channel,
        address=destination.address,
        kind=kind,
        language=trader.language,
        subject=Secret(rendered.subject),
        body=rendered.body,
        code=code,
        created=now,
        due=now,
        expires=now + life,
        reference=marks.reference,
    )


def _marks(trader: Trader, destination: Destination, deps: Dependencies) -> Marks:
    """The phrase stands in mails alone: a text message has no room for it."""
    sealed = trader.phrase if destination.channel is Channel.EMAIL else None
    return Marks(new_reference(), deps.keyring.open(Purpose.FIELDS, sealed, phrase_context(trader.id)) if sealed else "")


def _without_doubles(destinations: Sequence[Destination]) -> list[Destination]:
    return list({(one.channel, one.address.reveal()): one for one in destinations}.values())


def _due(message: OutboxMessage, due: datetime) -> OutboxMessage:
    return message if due == message.due else replace(message, due=due, expires=message.expires + (due - message.due))
