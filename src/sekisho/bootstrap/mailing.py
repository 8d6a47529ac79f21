"""The firm's mail as the settings say it, for `serve`, `sekisho mail` and the doctor; and what each failure means to the operator."""

from __future__ import annotations

from datetime import datetime, timedelta

from sekisho.adapters.delivery.mail import MailSender
from sekisho.domain.accounts import checked_email
from sekisho.domain.notifications import Channel
from sekisho.domain.notifications.message import Firm
from sekisho.domain.notifications.rendering import render_trial
from sekisho.flows.ports.delivery import Delivery, OutboxMessage
from sekisho.kernel.errors import invalid
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret
from sekisho.settings import Settings
from sekisho.texts.catalogue import N_, Language, translator

__all__ = ["firm_of", "mail_sender", "mend", "send_trial"]

_MENDS = {
    "unknown_host": "mail.host, and the DNS of this machine",
    "address_refused": "mail.host leads to an address that is not public: name its network in outbound.private_networks",
    "no_connection": "mail.host, mail.port and the firewall",
    "connection_lost": 'mail.port and mail.tls: 465 is "implicit", 587 is "starttls"',
    "timed_out": 'the firewall; mail.port and mail.tls: 465 is "implicit", 587 is "starttls"',
    "no_tls": "the server offers no STARTTLS, and plain connections are not used",
    "tls_failed": 'mail.port and mail.tls: 465 is "implicit", 587 is "starttls"',
    "bad_certificate": "mail.host as the certificate says it; mail.ca_file for an authority of the firm's own",
    "login_refused": "mail.username and mail.password_file",
}


def mail_sender(settings: Settings) -> MailSender:
    """Raises SekishoError INVALID without a mail server, or with a DKIM key that cannot be used."""
    if settings.mail is None:
        raise invalid(N_("No mail server is set."), "set the section [mail]; see docs/delivery.md")
    return MailSender(settings.mail, settings.firm.name, settings.outbound)


def firm_of(settings: Settings) -> Firm:
    firm = settings.firm
    return Firm(firm.name, firm.service_phone, settings.server.hostnames[0], firm.time_zone)


def send_trial(address: str, now: datetime, settings: Settings) -> Delivery:
    """One mail that tells of nothing, through the firm's mail server. Raises SekishoError INVALID for what is no address."""
    to, language = checked_email(address), settings.firm.default_language
    rendered = render_trial(now, translator(Language(language)), firm_of(settings))
    message = OutboxMessage(
        id=new_id("msg", now),
        trader="",
        channel=Channel.EMAIL,
        address=Secret(to),
        kind="trial",
        language=language,
        subject=Secret(rendered.subject),
        body=rendered.body,
        code=None,
        created=now,
        due=now,
        expires=now + timedelta(minutes=1),
    )
    return mail_sender(settings).send(message)


def mend(reason: str) -> str:
    """What the operator looks at; for an answer of the server itself (`smtp_550`), the server's log."""
    return _MENDS.get(reason, "the mail server's own log: it refuses us, our sender, or the address")
