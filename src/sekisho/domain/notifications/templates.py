"""The texts, in English; other languages by `notices.po`. Each says what happened, what to do and whom to call (N45).

English texts keep to the GSM alphabet (no curly quotes or dashes), so that they travel in 7-bit SMS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sekisho.domain.notifications.kinds import CodePurpose, NoticeKind, Place

__all__ = ["AGAIN", "CODES", "MOMENT", "NOTICES", "PHRASE", "PLACES", "REFERENCE", "TRIAL", "UNKNOWN_PROGRAM", "Template"]

_GIVEN = frozenset({"firm", "phone", "at", "code", "place", "minutes_left"})  # filled in by `render` itself


def N_(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


@dataclass(frozen=True, slots=True)
class Template:
    subject: str
    body: str

    @property
    def needs(self) -> set[str]:
        """Names of the parameters which the message must bring."""
        return set(re.findall(r"%\((\w+)\)s", self.subject + self.body)) - _GIVEN


NOTICES: dict[NoticeKind, Template] = {
    NoticeKind.LOGIN_UNKNOWN_CLIENT: Template(
        N_("Login from a new device or program"),
        N_(
            "%(firm)s: Your username logged in at %(at)s from a device or program new to us (%(program)s). "
            "If this was not you, call %(phone)s at once."
        ),
    ),
    NoticeKind.LOGIN_KNOWN_CLIENT: Template(
        N_("Login from a known device"),
        N_("%(firm)s: Your username logged in at %(at)s from a known device (%(program)s). If this was not you, call %(phone)s at once."),
    ),
    NoticeKind.PASSWORD_WITHOUT_SECOND_FACTOR: Template(
        N_("Correct password without a security code"),
        N_(
            "%(firm)s: At %(at)s somebody entered your correct password (%(program)s) but no security code. Nobody got in. "
            "If this was not you, change your password in the portal and call %(phone)s."
        ),
    ),
    NoticeKind.ADDRESS_REFUSED: Template(
        N_("Login refused: network not on your list"),
        N_(
            "%(firm)s: At %(at)s a login from a network that is not on your list was refused (%(program)s). Nobody got in. "
            "If this was not you, call %(phone)s."
        ),
    ),
    NoticeKind.LOGIN_RESTRICTED: Template(
        N_("Login restricted for a while"),
        N_(
            "%(firm)s: Login was restricted at %(at)s for %(minutes)s minutes after failed attempts. "
            "If these were yours, wait or log in from a known device. If not, call %(phone)s."
        ),
    ),
    NoticeKind.LOGIN_RESTRICTED_UNTIL_UNLOCKED: Template(
        N_("Login restricted until unlocked"),
        N_(
            "%(firm)s: Login was restricted at %(at)s until unlocked, after many failed attempts. "
            "Log in from a known device to unlock it, or call %(phone)s."
        ),
    ),
    NoticeKind.LOGIN_UNRESTRICTED: Template(
        N_("Login unlocked"),
        N_("%(firm)s: The restriction of your login was lifted at %(at)s. If you did not ask for this, call %(phone)s at once."),
    ),
    NoticeKind.PASSWORD_CHANGED: Template(
        N_("Password changed"),
        N_("%(firm)s: Your password was changed at %(at)s and other sessions were ended. If this was not you, call %(phone)s at once."),
    ),
    NoticeKind.PASSWORD_CHANGE_FORCED: Template(
        N_("Your password may be known to others"),
        N_(
            "%(firm)s: By %(at)s your correct password had been entered from several networks without a security code. "
            "You must change it at your next login. If this was not you, call %(phone)s."
        ),
    ),
    NoticeKind.CONTACT_CHANGED: Template(
        N_("Contact details changed"),
        N_(
            "%(firm)s: At %(at)s the contact for your security notices was changed to %(contact)s. "
            "If you did not ask for this, call %(phone)s at once."
        ),
    ),
    NoticeKind.CONTACT_CHANGE_WAITING: Template(
        N_("Contact details are about to change"),
        N_(
            "%(firm)s: At %(at)s a change of your contact to %(contact)s was confirmed. It takes effect in %(hours)s hours. "
            "If you did not ask for this, cancel it in the portal and call %(phone)s at once."
        ),
    ),
    NoticeKind.CONTACT_CHANGE_CANCELLED: Template(
        N_("Change of contact details cancelled"),
        N_("%(firm)s: The waiting change of your contact was cancelled at %(at)s. If you did not do this, call %(phone)s at once."),
    ),
    NoticeKind.ADDRESSES_TIGHTENED: Template(
        N_("Allowed networks restricted"),
        N_(
            "%(firm)s: At %(at)s the networks allowed for %(whose)s were restricted by %(who)s. "
            "If you did not expect this, take it back in the portal and call %(phone)s at once."
        ),
    ),
    NoticeKind.ADDRESSES_LOOSENING: Template(
        N_("Allowed networks are about to widen"),
        N_(
            "%(firm)s: At %(at)s %(who)s asked to allow more networks for %(whose)s, in %(hours)s hours from then. "
            "If you did not expect this, cancel it in the portal and call %(phone)s at once."
        ),
    ),
    NoticeKind.ADDRESSES_LOOSENED: Template(
        N_("Allowed networks widened"),
        N_("%(firm)s: Since %(at)s more networks are allowed for %(whose)s. If you did not expect this, call %(phone)s at once."),
    ),
    NoticeKind.ADDRESSES_CANCELLED: Template(
        N_("Change of allowed networks cancelled"),
        N_(
            "%(firm)s: The waiting change of the networks allowed for %(whose)s was cancelled at %(at)s by %(who)s. "
            "If you did not expect this, call %(phone)s."
        ),
    ),
    NoticeKind.DELEGATE_REFUSED: Template(
        N_("Network of one of your traders refused"),
        N_(
            "%(firm)s: At %(at)s %(who)s was refused on your account because of a network that is not on the list (%(program)s). "
            "If this looks wrong, look at Security in the portal or call %(phone)s."
        ),
    ),
    NoticeKind.MANDATE_GRANTED: Template(
        N_("Somebody may now act for your account"),
        N_(
            "%(firm)s: Since %(at)s %(who)s has a mandate on your account %(account)s. If you did not ask for this, call %(phone)s at once."
        ),
    ),
    NoticeKind.MANDATE_ENDED: Template(
        N_("A mandate on your account ended"),
        N_(
            "%(firm)s: The mandate of %(who)s on your account %(account)s ended at %(at)s. "
            "If you did not ask for this, call %(phone)s at once."
        ),
    ),
    NoticeKind.PREFERENCES_CHANGED: Template(
        N_("Notice settings changed"),
        N_("%(firm)s: At %(at)s the settings of your notices were changed. If this was not you, call %(phone)s at once."),
    ),
    NoticeKind.AUTHENTICATOR_CHANGED: Template(
        N_("Means of login changed"),
        N_("%(firm)s: At %(at)s a means of logging in was added or removed. If you did not ask for this, call %(phone)s at once."),
    ),
    NoticeKind.AUTHENTICATOR_DISABLED: Template(
        N_("Means of login disabled"),
        N_("%(firm)s: At %(at)s a means of logging in was disabled for good after too many failed attempts. Call %(phone)s for a new one."),
    ),
    NoticeKind.ACCOUNT_FROZEN: Template(
        N_("Account frozen"),
        N_("%(firm)s: Since %(at)s the account %(account)s is frozen; nothing can leave it. Call %(phone)s, so that we can help you."),
    ),
    NoticeKind.ACCOUNT_UNFROZEN: Template(
        N_("Account open again"),
        N_("%(firm)s: The account %(account)s is open again since %(at)s. If you did not ask for this, call %(phone)s at once."),
    ),
    NoticeKind.INSTRUCTION_ASKED: Template(
        N_("Please confirm an instruction"),
        N_(
            "%(firm)s: At %(at)s we were asked to carry out an instruction on %(account)s. It waits for your answer in the portal. "
            "If it is not yours, say No there, or call %(phone)s at once."
        ),
    ),
    NoticeKind.INSTRUCTION_HELD: Template(
        N_("An instruction is held"),
        N_(
            "%(firm)s: At %(at)s we were asked to carry out an instruction on %(account)s. We hold it, since it is unlike you. "
            "If it is not yours, say No in the portal, or call %(phone)s at once."
        ),
    ),
    NoticeKind.LOGIN_SUSPICIOUS: Template(
        N_("A login is unlike you"),
        N_(
            "%(firm)s: A login at %(at)s is unlike you (%(program)s). For a day it cannot change anything that matters. "
            "If it was not you, change your password and call %(phone)s at once."
        ),
    ),
    NoticeKind.LOGIN_STOPPED: Template(
        N_("A login was stopped"),
        N_(
            "%(firm)s: At %(at)s we stopped a login that is unlike you (%(program)s). "
            "If it was not you, change your password and call %(phone)s at once. If it was you, please call us."
        ),
    ),
    NoticeKind.TRADER_ACTIVATED: Template(
        N_("Login activated"),
        N_("%(firm)s: Your login was activated at %(at)s and a password was set. If this was not you, call %(phone)s at once."),
    ),
    NoticeKind.TRADER_RESET: Template(
        N_("Login reset by our staff"),
        N_(
            "%(firm)s: At %(at)s our staff reset your login after an identity check; all sessions were ended. "
            "If you did not ask for this, call %(phone)s at once."
        ),
    ),
}

AGAIN = Template(
    N_("Again: %(subject)s"),
    N_("%(firm)s: Since our last notice this happened again, first at %(at)s: %(subject)s. If this was not you, call %(phone)s."),
)

TRIAL = Template(
    N_("Test of our mail server"),
    N_("%(firm)s: This mail was sent at %(at)s to test our mail server. There is nothing for you to do. Questions: %(phone)s."),
)

CODES: dict[CodePurpose, Template] = {
    CodePurpose.LOGIN: Template(
        N_("Security code to log in"),
        N_(
            "%(firm)s: %(code)s is the code to log in to %(place)s (%(program)s). Good for %(minutes_left)s min. "
            "Tell it to nobody, not even us."
        ),
    ),
    CodePurpose.ACTIVATION: Template(
        N_("Security code to activate your login"),
        N_(
            "%(firm)s: %(code)s is the code to activate your login in %(place)s (%(program)s). Good for %(minutes_left)s min. "
            "Tell it to nobody, not even us."
        ),
    ),
    CodePurpose.CONTACT: Template(
        N_("Security code to confirm an address"),
        N_(
            "%(firm)s: %(code)s is the code to confirm this address for your notices in %(place)s (%(program)s). "
            "Good for %(minutes_left)s min. Did not ask? Ignore this message."
        ),
    ),
    CodePurpose.STEP_UP: Template(
        N_("Security code to confirm an action"),
        N_(
            "%(firm)s: %(code)s allows this in %(place)s (%(program)s): %(action)s. Good for %(minutes_left)s min. "
            "Did not ask? Tell it to nobody, call %(phone)s."
        ),
    ),
}

PLACES: dict[Place, str] = {
    Place.PORTAL: N_("the Client Portal"),
    Place.PROGRAM: N_("your trading program"),
}

UNKNOWN_PROGRAM = N_("unknown program")

PHRASE = N_("Your phrase: %(phrase)s")
REFERENCE = N_("Reference: %(reference)s")

MOMENT = N_("%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d %(zone)s")
