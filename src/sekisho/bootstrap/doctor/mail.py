"""Whether notices leave by mail (R10)."""

from __future__ import annotations

from sekisho.bootstrap.doctor.finding import Finding, fail, fine, warn
from sekisho.bootstrap.doctor.scene import NotLooked, Scene
from sekisho.bootstrap.mailing import mail_sender, mend
from sekisho.flows.ports.delivery import Delivered

__all__ = ["mail_reached", "mail_set"]


def mail_set(scene: Scene) -> Finding:
    """A trader's notices go to two addresses; unsigned mail is what a phisher's looks like (J09)."""
    policy = scene.settings.mail
    if policy is None:
        return warn("no mail server: notices leave by SMS and the inbox alone", "set the section [mail]; docs/delivery.md")
    mail_sender(scene.settings)  # SekishoError says what is wrong with the key or the authorities
    seen = f"{policy.from_address} by {policy.host}:{policy.port} under TLS"
    if not policy.dkim_domain:
        return warn(f"{seen}, not signed: receivers may take it for a false one", "set mail.dkim_domain and mail.dkim_key_file")
    return fine(f"{seen}, signed for {policy.dkim_domain}")


def mail_reached(scene: Scene) -> Finding:
    settings = scene.settings
    if settings.mail is None:
        raise NotLooked("needs the mail server (check mail)")
    if scene.offline:
        raise NotLooked("--offline")
    met = mail_sender(settings).greet()
    if isinstance(met, Delivered):
        return fine("TLS and login were made; no mail was sent")
    return fail(f"the mail server is not reached: {met.reason}", mend(met.reason))
