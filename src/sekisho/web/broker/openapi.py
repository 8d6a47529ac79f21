"""What the operations of the broker's systems take and give, with an example of each, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from sekisho.flows.take_events import BrokerEvent
from sekisho.web.broker import documents as d
from sekisho.web.broker import event_documents as e
from sekisho.web.broker.examples import EVENTS, INSTRUCTIONS
from sekisho.web.http.openapi import READING, Alone, Talk, Talks

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

_EVENT = EVENTS["withdrawal.requested"]
_RESULT = {"id": _EVENT["id"], "status": "accepted", "sequence": 4711, "verdict": "allow"}
_NO_ACCOUNT = {"id": EVENTS["order.executed"]["id"], "status": "refused", "problem": "there is no account of that number"}
_INSTRUCTION = INSTRUCTIONS["withdrawal"]
_JUDGED = {
    "instruction": "ins_06bq2zv8k4000000000000000n", "verdict": "challenge", "state": "challenged",
    "reasons": [{"code": "step_up_needed", "text": "Withdrawals and changes of the bank account need a confirmation by the customer."}],
    "expires": "2026-11-02T00:30:00Z",
}  # fmt: skip
_CLAIM = {"hash": _INSTRUCTION["hash"]}
_CLAIMED = _JUDGED | {"verdict": "allow", "state": "executing"}
_STEP = (401, 403, 404, 409, 429, *READING)

TALKS: Talks = {
    ("POST", "/v1/broker/events"): Talk(
        e.EventBatch,
        200,
        e.EventResults,
        (401, 403, 409, 429, *READING),
        {"events": [_EVENT, EVENTS["order.executed"]]},
        {
            "results": [
                _RESULT,
                {"id": EVENTS["order.executed"]["id"], "status": "refused", "problem": "there is no account of that number"},
            ]
        },
        kinds=EVENTS,
        alone=Alone(BrokerEvent, e.EventResult, _RESULT),
    ),
    ("POST", "/v1/broker/instructions"): Talk(
        e.InstructionRequest,
        200,
        e.InstructionAnswer,
        (401, 403, 409, 429, *READING),
        _INSTRUCTION,
        _JUDGED,
        kinds={kind: INSTRUCTIONS[kind] for kind in ("bank_change", "order")},
    ),
    ("GET", "/v1/broker/instructions/{instruction}"): Talk(None, 200, e.InstructionAnswer, (*_REFUSED, 404), answered=_JUDGED),
    ("POST", "/v1/broker/instructions/{instruction}/execution"): Talk(
        e.ClaimRequest,
        200,
        e.InstructionAnswer,
        _STEP,
        {"hash": _INSTRUCTION["hash"]},
        _JUDGED | {"verdict": "allow", "state": "executing"},
    ),
    ("POST", "/v1/broker/instructions/{instruction}/cancellation"): Talk(
        e.GivenUp, 200, e.InstructionAnswer, _STEP, {"reason": "the customer withdrew it"}, _JUDGED | {"state": "cancelled"}
    ),
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
