"""What the operations of the broker's systems take and give, with an example of each, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from sekisho.web.broker import documents as d
from sekisho.web.http.openapi import READING, Talk, Talks

__all__ = ["TALKS"]

_REFUSED = (400, 401, 403, 429)
_ONCE = (401, 403, 404, 409, 429, *READING)
_ACT = {"reason": "the office has moved", "identity_check": "called back on the number on file"}
_MANDATE: dict[str, Any] = {
    "mandate": "man_06bq2zv8k4000000000000000m",
    "username": "hanako.sato",
    "role": "holder",
    "since": "2026-11-02T00:15:00Z",
    "until": None,
}
_ACCOUNT: dict[str, Any] = {
    "account": "acc_06bq2zv8k4000000000000000a",
    "number": "U1000007",
    "title": "Hanako Sato, margin",
    "opened": "2026-11-02T00:14:00Z",
    "frozen": [],
    "mandates": [],
}
_ENTRY = {"network": "203.0.113.0/24", "label": "Office", "since": None, "until": None}
_LIST: dict[str, Any] = {"version": 3, "entries": [_ENTRY], "pending": None, "due": None, "notes": []}
_CHANGE: dict[str, Any] = {"networks": ["203.0.113.0/24 Office", "2001:db8:12::/48 Data centre"], **_ACT}
_ENROLMENT: dict[str, Any] = {
    "username": "hanako.sato",
    "name": "Hanako Sato",
    "phone": "+819012345678",
    "email": "hanako.sato@example.jp",
    "language": "ja",
    "accounts": [{"number": "U1000007", "role": "holder"}],
}
_ENROLLED = {
    "trader": "trd_06bq2zv8k4000000000000000t",
    "username": "hanako.sato",
    "activation_code": "K7QM-2V9X-HT4P-WZ8C",
    "valid_until": "2026-11-03T00:15:00Z",
}

TALKS: Talks = {
    ("POST", "/v1/broker/accounts"): Talk(
        d.NewAccount, 201, d.BrokerAccount, _ONCE, {"number": "U1000007", "title": "Hanako Sato, margin"}, _ACCOUNT, once=True
    ),
    ("GET", "/v1/broker/accounts/{number}"): Talk(
        None, 200, d.BrokerAccount, (*_REFUSED, 404), answered=_ACCOUNT | {"mandates": [_MANDATE]}
    ),
    ("POST", "/v1/broker/traders"): Talk(d.NewTraderRequest, 201, d.TraderEnrolled, _ONCE, _ENROLMENT, _ENROLLED, once=True),
    ("POST", "/v1/broker/traders/{username}/mandates"): Talk(
        d.MandateRequest, 201, d.BrokerMandate, _ONCE, {"number": "U1000007", "role": "holder"}, _MANDATE, once=True
    ),
    ("DELETE", "/v1/broker/traders/{username}/mandates/{mandate}"): Talk(None, 204, None, (*_REFUSED, 404)),
} | {
    key: talk
    for owner in ("accounts/{number}", "traders/{username}")
    for key, talk in {
        ("GET", f"/v1/broker/{owner}/networks"): Talk(None, 200, d.ListState, (*_REFUSED, 404), answered=_LIST),
        ("POST", f"/v1/broker/{owner}/networks"): Talk(d.ListChange, 200, d.ListState, _ONCE, _CHANGE, _LIST, once=True),
        ("POST", f"/v1/broker/{owner}/networks/cancellation"): Talk(d.ListCancelled, 200, d.ListState, _ONCE, _ACT, _LIST, once=True),
    }.items()
}
