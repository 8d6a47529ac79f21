"""R7's matrix: what every route answers to every kind of caller. `docs/authorization.md` is printed from it, `test_objects.py` holds it.

ROWS says of which object a route speaks; everything else follows from what the route declares (`web/http/routes.py`). A route without a
row is an error. A kind of caller that does not exist yet stands here as *not yet*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from sekisho.kernel.events import EventKind
from sekisho.web.broker.door import broker
from sekisho.web.http.routes import Admission, DoorRoute
from sekisho.web.portal.door import portal
from sekisho.web.workstation.door import workstation

__all__ = ["NOT_YET", "PUBLIC", "ROWS", "Answer", "Cell", "Kind", "Object", "cell", "declared_routes", "title"]


class Kind(StrEnum):
    """Who calls, though he should not be served."""

    NO_SESSION = "no session"
    OTHER_DOOR = "session of another door"
    BOTH_DOORS = "both doors at once"
    BARRED = "suspended or frozen trader"
    OTHER_TRADER = "other trader"
    OTHER_ACCOUNT = "holder of another account"
    LESSER_MANDATE = "lesser mandate"
    ENDED_MANDATE = "ended mandate"
    FROZEN_ACCOUNT = "frozen account"
    LOWER_STAFF = "staff of lower role"
    NO_SCOPE = "key without the scope"
    ENDED_KEY = "revoked or expired key"
    KEY_ELSEWHERE = "key from another network"


NOT_YET = frozenset({Kind.FROZEN_ACCOUNT, Kind.LOWER_STAFF})
"""No flow freezes an account yet, and there is no door for staff."""


class Object(StrEnum):
    """What a route speaks of, when the caller names it."""

    ACCOUNT = "account (view)"
    MESSAGE = "message of the inbox"
    KNOWN_CLIENT = "known client"
    SESSION = "session of one's own"
    CONTACT = "change of contact that waits"
    INSTRUCTION = "instruction in one's name (view)"
    CONFIRMED = "instruction in one's name (right to give it)"
    ADDRESS_LIST = "list of addresses"
    PROOF = "step-up in progress"
    LOGIN = "login in progress"
    ACTIVATION = "activation in progress"
    BOOKED_ACCOUNT = "account of the broker's book"
    BOOKED_TRADER = "trader of the broker's book"
    BOOKED_MANDATE = "mandate of that trader"
    ASKED = "instruction that this system asked about"


class Answer(StrEnum):
    """How a caller who should not be served is answered."""

    OPEN = "open"
    NO_SESSION = "no session"
    ENDED = "ended session"
    MALFORMED = "400"
    FORBIDDEN = "403"
    MISSING = "missing"
    NARROWED = "own part"
    OPENS_NOTHING = "opens nothing"
    NAMES_NOTHING = "–"
    NOT_YET = "not yet"


MEANING = {
    Answer.OPEN: "The route admits anyone: what the caller holds besides makes no difference.",
    Answer.NO_SESSION: "Byte for byte as to a token or key that never was one: 401 to programs, to the login page in the portal.",
    Answer.ENDED: "Byte for byte as to a session that was ended: 401 to programs, to the logged-off page in the portal.",
    Answer.MALFORMED: "400: a program's token together with the portal's cookie (R4).",
    Answer.FORBIDDEN: "403: a good key that does not open this (R15).",
    Answer.MISSING: "Byte for byte as for an object that does not exist.",
    Answer.NARROWED: "Served, but without what the mandate does not give: other traders of the account are not shown.",
    Answer.OPENS_NOTHING: "A login in progress is opened by its own secret token alone, and completes at the door where it began.",
    Answer.NAMES_NOTHING: "The caller cannot name anybody else's object: everything comes from his own session, or from nobody's.",
    Answer.NOT_YET: "This kind of caller does not exist yet.",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """audited: what the audit log says of it."""

    answer: Answer
    audited: EventKind | None = None

    def __str__(self) -> str:
        return f"{self.answer}, audited" if self.audited else self.answer.value


ROWS: dict[str, Object | None] = {
    "GET /": None,
    "GET /.well-known/change-password": None,
    "GET /.well-known/security.txt": None,
    "GET /accounts/{account}": Object.ACCOUNT,
    "GET /activate": None,
    "POST /activate": None,
    "GET /activate/password": Object.ACTIVATION,
    "POST /activate/password": Object.ACTIVATION,
    "GET /compromised": None,
    "GET /favicon.ico": None,
    "GET /forgot": None,
    "GET /help/no-code": None,
    "GET /help/report": None,
    "GET /help/restricted": None,
    "GET /instructions": None,
    "GET /instructions/{instruction}": Object.INSTRUCTION,
    "POST /instructions/{instruction}/no": Object.INSTRUCTION,
    "POST /instructions/{instruction}/yes": Object.CONFIRMED,
    "GET /instructions/{instruction}/yes/code": Object.CONFIRMED,
    "POST /instructions/{instruction}/yes/code": Object.CONFIRMED,
    "POST /language": None,
    "GET /logged-off": None,
    "GET /login": None,
    "POST /login": None,
    "GET /login/code": Object.LOGIN,
    "POST /login/code": Object.LOGIN,
    "POST /logoff": None,
    "GET /messages": None,
    "GET /messages/check": None,
    "POST /messages/check": None,
    "POST /messages/{message}/read": Object.MESSAGE,
    "POST /password-strength": None,
    "GET /robots.txt": None,
    "GET /security": None,
    "GET /security/contacts": None,
    "POST /security/contacts": None,
    "GET /security/contacts/approve": Object.PROOF,
    "POST /security/contacts/approve": Object.PROOF,
    "GET /security/contacts/confirm": Object.PROOF,
    "POST /security/contacts/confirm": Object.PROOF,
    "GET /security/contacts/{contact}/cancel": Object.CONTACT,
    "POST /security/contacts/{contact}/cancel": Object.CONTACT,
    "GET /security/history": None,
    "GET /security/history.csv": None,
    "GET /security/known-clients/{client}/drop": Object.KNOWN_CLIENT,
    "POST /security/known-clients/{client}/drop": Object.KNOWN_CLIENT,
    "GET /security/known-clients/{client}/drop/confirm": Object.KNOWN_CLIENT,
    "POST /security/known-clients/{client}/drop/confirm": Object.KNOWN_CLIENT,
    "POST /security/lift-restriction": None,
    "POST /security/logoff-time": None,
    "GET /security/networks": None,
    "GET /security/networks/{owner}": Object.ADDRESS_LIST,
    "POST /security/networks/{owner}": Object.ADDRESS_LIST,
    "GET /security/networks/{owner}/cancel": Object.ADDRESS_LIST,
    "POST /security/networks/{owner}/cancel": Object.ADDRESS_LIST,
    "GET /security/networks/{owner}/confirm": Object.ADDRESS_LIST,
    "POST /security/networks/{owner}/confirm": Object.ADDRESS_LIST,
    "GET /security/networks/{owner}/take-back": Object.ADDRESS_LIST,
    "POST /security/networks/{owner}/take-back": Object.ADDRESS_LIST,
    "GET /security/notices": None,
    "POST /security/notices": None,
    "GET /security/password": None,
    "POST /security/password": None,
    "GET /security/password/new": Object.PROOF,
    "POST /security/password/new": Object.PROOF,
    "POST /security/relay/acknowledge": None,
    "GET /security/sessions/{session}/end": Object.SESSION,
    "POST /security/sessions/{session}/end": Object.SESSION,
    "GET /security/sessions/end-others": None,
    "POST /security/sessions/end-others": None,
    "GET /session/state": None,
    "POST /stay": None,
    "GET /where": None,
    "POST /v1/login": None,
    "POST /v1/login/{login}/security-code": Object.LOGIN,
    "POST /v1/login/{login}/verify": Object.LOGIN,
    "GET /v1/session": None,
    "DELETE /v1/session": None,
    "POST /v1/session/activity": None,
    "GET /v1/accounts": None,
    "GET /v1/accounts/{account}": Object.ACCOUNT,
    "POST /v1/broker/accounts": None,
    "GET /v1/broker/accounts/{number}": Object.BOOKED_ACCOUNT,
    "GET /v1/broker/accounts/{number}/networks": Object.BOOKED_ACCOUNT,
    "POST /v1/broker/accounts/{number}/networks": Object.BOOKED_ACCOUNT,
    "POST /v1/broker/accounts/{number}/networks/cancellation": Object.BOOKED_ACCOUNT,
    "POST /v1/broker/events": None,
    "POST /v1/broker/instructions": None,
    "GET /v1/broker/instructions/{instruction}": Object.ASKED,
    "POST /v1/broker/instructions/{instruction}/execution": Object.ASKED,
    "POST /v1/broker/instructions/{instruction}/cancellation": Object.ASKED,
    "POST /v1/broker/traders": None,
    "POST /v1/broker/traders/{username}/mandates": Object.BOOKED_TRADER,
    "DELETE /v1/broker/traders/{username}/mandates/{mandate}": Object.BOOKED_MANDATE,
    "GET /v1/broker/traders/{username}/networks": Object.BOOKED_TRADER,
    "POST /v1/broker/traders/{username}/networks": Object.BOOKED_TRADER,
    "POST /v1/broker/traders/{username}/networks/cancellation": Object.BOOKED_TRADER,
}

PUBLIC = {
    "/static/{version}/{name}": "stylesheet, scripts and icons, the same for everybody",
    "/-/health/live": "whether the process runs",
    "/-/health/ready": "whether this node may serve",
    "/openapi.json": "the description of `/v1`",
}
"""Routes of the app that belong to no door: they know no caller and answer everybody alike."""

_OF_A_TRADER = frozenset({Object.MESSAGE, Object.KNOWN_CLIENT, Object.SESSION, Object.CONTACT})
_BY_MANDATE = frozenset({Kind.OTHER_TRADER, Kind.OTHER_ACCOUNT, Kind.ENDED_MANDATE})
_KEYS = frozenset({Kind.NO_SCOPE, Kind.ENDED_KEY, Kind.KEY_ELSEWHERE})
_NOT_BY_LESSER = _BY_MANDATE | {Kind.LESSER_MANDATE}
_BARS = {Object.INSTRUCTION: _BY_MANDATE, Object.CONFIRMED: _NOT_BY_LESSER, Object.ADDRESS_LIST: _NOT_BY_LESSER}


def declared_routes() -> Sequence[DoorRoute]:
    """Every route that a door declares. Declaring touches no dependency; serving would."""
    return [*portal.declared, *workstation(cast(Any, None)).declared, *broker(cast(Any, None)).declared]


def title(route: DoorRoute) -> str:
    return f"{route.method} {route.path}"


def cell(route: DoorRoute, kind: Kind) -> Cell:
    """What this route answers to that kind of caller."""
    if kind in NOT_YET:
        return Cell(Answer.NOT_YET)
    if kind is Kind.BOTH_DOORS:
        return Cell(Answer.MALFORMED)
    if route.admits is Admission.ANYONE:
        return Cell(Answer.OPEN)
    if route.admits is Admission.CEREMONY:
        return Cell(_of_a_ceremony(kind))
    if route.admits is Admission.BROKER:
        return _of_a_key(kind)
    if kind in _KEYS:
        return Cell(Answer.NO_SESSION)
    return _of_a_session(kind, ROWS[title(route)], route.method)


def _of_a_ceremony(kind: Kind) -> Answer:
    """A login in progress is named by its token, which nobody else holds; a session is neither asked for nor looked at."""
    if kind is Kind.NO_SESSION:
        return Answer.NO_SESSION
    return Answer.OPENS_NOTHING if kind is Kind.OTHER_DOOR else Answer.NAMES_NOTHING


def _of_a_key(kind: Kind) -> Cell:
    """No session opens this door; a firm's own systems see every account of its book (one installation serves one firm)."""
    if kind is Kind.NO_SCOPE:
        return Cell(Answer.FORBIDDEN, EventKind.BROKER_KEY_REFUSED)
    return Cell(Answer.NO_SESSION, EventKind.BROKER_KEY_REFUSED if kind in _KEYS else None)


def _of_a_session(kind: Kind, named: Object | None, method: str) -> Cell:
    if kind in (Kind.NO_SESSION, Kind.OTHER_DOOR):
        return Cell(Answer.NO_SESSION, EventKind.SESSION_REFUSED if kind is Kind.OTHER_DOOR else None)
    if kind is Kind.BARRED:
        return Cell(Answer.ENDED, EventKind.SESSION_REFUSED)
    if named is Object.ACCOUNT:
        return Cell(Answer.MISSING, EventKind.OBJECT_REFUSED) if kind in _BY_MANDATE else Cell(Answer.NARROWED)
    if named is not None and kind in _BARS.get(named, ()):
        return Cell(Answer.MISSING, EventKind.OBJECT_REFUSED)
    if named in _OF_A_TRADER and kind is Kind.OTHER_TRADER:
        return Cell(Answer.MISSING, EventKind.OBJECT_REFUSED)
    if named is Object.PROOF and kind is Kind.OTHER_TRADER:
        return Cell(Answer.MISSING, EventKind.STEP_UP_REFUSED if method == "POST" else None)
    return Cell(Answer.NAMES_NOTHING)
