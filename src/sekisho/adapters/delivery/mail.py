"""E-mail by the firm's mail server: TLS or nothing, signed by DKIM, plain text with the same in simple HTML (R10; RFC 5322, 8314, 6376)."""

from __future__ import annotations

import html
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import dkim

from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.flows.ports.delivery import Deferred, Delivered, Delivery, OutboxMessage, Rejected
from sekisho.kernel.errors import invalid

__all__ = ["MailSender", "compose", "signed"]

_TOTAL_TIME = 9.0  # seconds for one mail, whatever the server does
_STEP_TIME = 5.0
_SIGNED_HEADERS = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type", b"auto-submitted"]
_PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>'
    '<body style="font-family:sans-serif;line-height:1.6;max-width:36em">{paragraphs}</body></html>'
)


class MailSender:
    """A `Sender`. Nothing that it raises or returns carries address, text or what the server wrote."""

    def __init__(self, policy: MailPolicy, firm: str) -> None:
        """Raises SekishoError INVALID when the DKIM key cannot be read, or others may read it."""
        self._policy = policy
        self._firm = firm
        self._context = ssl.create_default_context(cafile=policy.ca_file)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._key = _private_key(policy.dkim_key_file) if policy.dkim_key_file else None

    def send(self, message: OutboxMessage) -> Delivery:
        data = signed(compose(message, self._policy, self._firm), self._policy, self._key)
        try:
            self._hand_over(message.address.reveal(), data)
        except smtplib.SMTPRecipientsRefused as refused:
            return _judged(next((code for code, _ in refused.recipients.values()), 500))
        except smtplib.SMTPAuthenticationError:
            return Deferred("login_refused", None)  # the operator can mend it
        except smtplib.SMTPResponseException as refused:
            return _judged(refused.smtp_code)
        except smtplib.SMTPNotSupportedError:
            return Deferred("no_tls", None)
        except ssl.SSLError:
            return Deferred("tls_failed", None)
        except (smtplib.SMTPException, OSError):
            return Deferred("unreachable", None)
        return Delivered(message.reference)

    def _hand_over(self, to: str, data: bytes) -> None:
        policy = self._policy
        name = policy.from_address.rpartition("@")[2]
        implicit = policy.tls == "implicit"
        server = (
            smtplib.SMTP_SSL(policy.host, policy.port, name, timeout=_STEP_TIME, context=self._context)
            if implicit
            else smtplib.SMTP(policy.host, policy.port, name, timeout=_STEP_TIME)
        )
        with _Limited(server):
            if not implicit:
                server.starttls(context=self._context)
            if policy.username:
                server.login(policy.username, policy.password.reveal())
            server.sendmail(policy.envelope_from, [to], data)


class _Limited:
    """Ends the line when the time for one mail is over: a server that says a byte a second must not hold a thread."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server
        self._timer = threading.Timer(_TOTAL_TIME, self._cut)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *raised: object) -> None:
        self._timer.cancel()
        with suppress(OSError, smtplib.SMTPException):
            self._server.quit() if raised[0] is None else self._server.close()

    def _cut(self) -> None:
        line = self._server.sock
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def compose(message: OutboxMessage, policy: MailPolicy, firm: str) -> EmailMessage:
    """Nothing in it is loaded from anywhere, and nothing can be followed."""
    host = policy.from_address.rpartition("@")[2]
    body, subject = message.body.reveal(), " ".join(message.subject.reveal().split())
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(policy.from_name or firm, addr_spec=policy.from_address)
    mail["To"] = Address(addr_spec=message.address.reveal())
    mail["Subject"] = subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{message.id}@{host}>"  # the same at every try: a receiver may drop a repeat
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language
    mail.set_content(body, cte="base64")
    paragraphs = "".join(f"<p>{html.escape(part)}</p>" for part in body.split("\n\n") if part.strip())
    page = _PAGE.format(language=message.language, subject=html.escape(subject), paragraphs=paragraphs)
    mail.add_alternative(page, subtype="html", cte="base64")
    return mail


def signed(mail: EmailMessage, policy: MailPolicy, key: bytes | None) -> bytes:
    data = mail.as_bytes()
    if key is None:
        return data
    signature: bytes = dkim.sign(
        data,
        policy.dkim_selector.encode(),
        policy.dkim_domain.encode(),
        key,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=_SIGNED_HEADERS,
    )
    return signature + data


def _judged(code: int) -> Delivery:
    """4xx may work later (a greylist says so on purpose), anything else never will."""
    return Deferred(f"smtp_{code}", None) if 400 <= code <= 499 else Rejected(f"smtp_{code}")


def _private_key(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise invalid("The DKIM key can be read by others. Make it readable by the server alone (chmod 600).", "mail.dkim_key_file")
        key = path.read_bytes()
        dkim.crypto.parse_pem_private_key(key)
    except OSError as error:
        raise invalid("The DKIM key cannot be read.", f"mail.dkim_key_file: {error.strerror}") from None
    except (dkim.crypto.UnparsableKeyError, ValueError):
        raise invalid("The DKIM key is no RSA key in PEM form.", "mail.dkim_key_file") from None
    return key
