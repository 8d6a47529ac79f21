"""E-mail by the firm's mail server: TLS or nothing (R10, R15; RFC 5321, 8314)."""

from __future__ import annotations

import smtplib
import ssl

from sekisho.adapters.cryptography.dkim_key import load_dkim_key
from sekisho.adapters.delivery.letter import compose, signed
from sekisho.adapters.outbound import OutboundFailure, SmtpLine, SmtpServer
from sekisho.adapters.outbound.addresses import Resolver, look_up
from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.domain.notifications.policies import OutboundPolicy
from sekisho.flows.ports.delivery import Deferred, Delivered, Delivery, OutboxMessage, Rejected

__all__ = ["MailSender"]


class MailSender:
    """A `Sender`. Nothing that it raises or returns carries address, text, password or what the server wrote.

    Only a refused recipient or a refused text is hopeless: whatever else the server refuses (our login, our sender, us), the operator
    can mend, and until then the notice waits.
    """

    def __init__(self, policy: MailPolicy, firm: str, outbound: OutboundPolicy, resolver: Resolver = look_up) -> None:
        """Raises SekishoError INVALID when the DKIM key cannot be read, or others may read it."""
        self._policy = policy
        self._firm = firm
        self._server = SmtpServer(policy.host, policy.port, policy.tls, policy.ca_file, outbound, resolver)
        self._key = load_dkim_key(policy.dkim_key_file) if policy.dkim_key_file else None

    def send(self, message: OutboxMessage) -> Delivery:
        return self._speak(message)

    def greet(self) -> Delivery:
        """Connect, shake hands, log in, and send nothing: whether a mail could leave. For `sekisho doctor`."""
        return self._speak(None)

    def _speak(self, message: OutboxMessage | None) -> Delivery:
        policy = self._policy
        try:
            with self._server.line(policy.from_address.rpartition("@")[2], policy.total_time.total_seconds()) as line:
                if policy.username:
                    _log_in(line, policy)
                if message is not None:
                    data = signed(compose(message, policy, self._firm), policy, self._key)
                    line.sendmail(policy.envelope_from, [message.address.reveal()], data)
        except smtplib.SMTPRecipientsRefused as refused:
            return _judged(next((code for code, _ in refused.recipients.values()), 451))
        except smtplib.SMTPDataError as refused:
            return _judged(refused.smtp_code)
        except (smtplib.SMTPException, OutboundFailure, OSError) as fault:
            return Deferred(_word(fault), None)
        return Delivered(message.reference if message is not None else "")


class _LoginRefused(smtplib.SMTPException):
    """The server takes our name and password not, or no names at all."""


def _log_in(line: SmtpLine, policy: MailPolicy) -> None:
    try:
        line.login(policy.username, policy.password.reveal())
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError):
        raise _LoginRefused from None


def _word(fault: Exception) -> str:
    """A fixed word for what went wrong, such as docs/delivery.md explains."""
    match fault:
        case OutboundFailure():
            return str(fault.why)
        case _LoginRefused():
            return "login_refused"
        case smtplib.SMTPNotSupportedError():
            return "no_tls"
        case smtplib.SMTPResponseException():
            return f"smtp_{fault.smtp_code}"
        case ssl.SSLCertVerificationError():
            return "bad_certificate"
        case ssl.SSLError():
            return "tls_failed"
        case TimeoutError():
            return "timed_out"
        case ConnectionRefusedError():
            return "no_connection"
    return "connection_lost"


def _judged(code: int) -> Delivery:
    """4xx may work later (a greylist says so on purpose), anything else never will."""
    return Deferred(f"smtp_{code}", None) if 400 <= code <= 499 else Rejected(f"smtp_{code}")
