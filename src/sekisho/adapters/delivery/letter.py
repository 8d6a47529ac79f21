"""What a mail looks like: plain text, the same in simple HTML, and the signature of the firm's domain (R10; RFC 5322, 6376, 3834)."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import dkim

from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.flows.ports.delivery import OutboxMessage
from sekisho.kernel.secrets import Secret

__all__ = ["compose", "paragraphs", "sender_of", "signed"]

# Signed although they may be absent: nobody can add a second subject or sender under our signature (RFC 6376 §8.15).
_SIGNED_HEADERS = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type", b"auto-submitted"]
_SIGNED_ABSENT = [b"from", b"subject", b"reply-to", b"cc"]
_STYLE = "font-family:sans-serif;font-size:16px;line-height:1.7;max-width:36em;margin:1.5em auto;padding:0 1em;white-space:pre-line"
_PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>'
    '<body style="{style}">{paragraphs}</body></html>'
)


def sender_of(policy: MailPolicy, firm: str) -> Address:
    """As readers see it. firm: its name, where the settings say no other."""
    return Address(policy.from_name or firm, addr_spec=policy.from_address)


def compose(message: OutboxMessage, policy: MailPolicy, firm: str) -> EmailMessage:
    """Nothing in it is loaded from anywhere, and nothing can be followed."""
    host = policy.from_address.rpartition("@")[2]
    body, subject = message.body.reveal(), " ".join(message.subject.reveal().split())
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender_of(policy, firm)
    mail["To"] = Address(addr_spec=message.address.reveal())
    mail["Subject"] = subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{message.id}@{host}>"  # the same at every try: a receiver may drop a repeat, and a bounce names it
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body, cte="base64")
    page = _PAGE.format(language=message.language, subject=html.escape(subject), style=_STYLE, paragraphs=paragraphs(subject, body))
    mail.add_alternative(page, subtype="html", cte="base64")
    mail["Content-Language"] = message.language
    return mail


def paragraphs(subject: str, body: str) -> str:
    """What stands in the HTML part: subject and paragraphs of the text, and no more."""
    parts = "".join(f"<p>{html.escape(part)}</p>" for part in body.split("\n\n") if part.strip())
    return f"<p><strong>{html.escape(subject)}</strong></p>{parts}"


def signed(mail: EmailMessage, policy: MailPolicy, key: Secret | None) -> bytes:
    """The mail as it travels. key: None where the firm signs nothing."""
    data = mail.as_bytes()
    if key is None:
        return data
    signature: bytes = dkim.sign(
        data,
        policy.dkim_selector.encode(),
        policy.dkim_domain.encode(),
        key.reveal().encode("ascii"),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=_SIGNED_HEADERS + _SIGNED_ABSENT,
    )
    return signature + data
