"""Words for what the house keeps as codes: doors, means of login, how a login ended and why. A login's reason is told to its owner
alone, and to who manages the account's security; at the login page every refusal is alike (R1)."""

from __future__ import annotations

from sekisho.domain.sessions import Channel
from sekisho.kernel.decision import Reason
from sekisho.texts.catalogue import N_

__all__ = ["CHANNELS", "METHODS", "REASONS", "why_refused"]

CHANNELS = {Channel.PORTAL: N_("Client Portal"), Channel.API: N_("Program"), Channel.WORKSTATION: N_("Trading workstation")}
METHODS = {"password+security_code": N_("password and security code")}
REASONS = {
    Reason.WRONG_PASSWORD: N_("The password was wrong."),
    Reason.WRONG_CODE: N_("The password was right, the security code was wrong."),
    Reason.NO_CODE: N_("The password was right, but no security code had been sent."),
    Reason.CODE_EXPIRED: N_("The password was right, but the security code came too late."),
    Reason.CODE_SPENT: N_("The security code had been used before."),
    Reason.CODE_TRIES_SPENT: N_("The password was right, but the security code had been entered wrongly too often."),
    Reason.LOGIN_RESTRICTED: N_("Login was restricted after failed tries; nothing was checked."),
    Reason.ADDRESS_REFUSED: N_("The network is not on the list of allowed networks."),
    Reason.ADDRESS_UNKNOWN: N_("The address could not be established, and a list of allowed networks applies."),
    Reason.AUTHENTICATOR_DISABLED: N_("The means of login was disabled."),
    Reason.NOT_ACTIVATED: N_("The login was not activated."),
    Reason.LOGIN_DEAD: N_("The login had ended or expired before the code came."),
    Reason.STATE_CHANGED: N_("The password, or a restriction of the login, was changed meanwhile."),
    Reason.TRADER_SUSPENDED: N_("The login was suspended."),
    Reason.TRADER_FROZEN: N_("The login was frozen."),
    Reason.ACCOUNT_FROZEN: N_("The account was frozen."),
    Reason.SUSPICIOUS: N_("Password and security code were right, but the login looked like somebody else's, and was stopped."),
}
_OTHER = N_("The login was refused.")


def why_refused(reason: str) -> str:
    """A sentence of the catalogue for the reason of a refused login."""
    return next((text for known, text in REASONS.items() if known.value == reason), _OTHER)
