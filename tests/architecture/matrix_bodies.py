"""A well-formed body for every route that reads one, by path."""

from __future__ import annotations

from tests.flows.house import PASSWORD

FIELDS: dict[str, dict[str, object]] = {
    "/instructions/{instruction}/no": {"current_password": PASSWORD},
    "/instructions/{instruction}/yes/code": {"code": "000000"},
    "/instructions/{instruction}/yes": {"current_password": PASSWORD},
    "/messages/check": {"reference": "ZZZZ-ZZZZ"},
    "/login": {"username": "nobody", "password": "wrong"},
    "/activate": {"username": "nobody", "activation_code": "AAAA-BBBB"},
    "/activate/password": {"code": "000000", "new_password": "seven cranes cross"},
    "/login/code": {"code": "000000"},
    "/language": {"language": "en"},
    "/password-strength": {"password": "a"},
    "/security/logoff-time": {"minutes": "10"},
    "/security/password": {"current_password": PASSWORD},
    "/security/networks/{owner}": {"version": "1", "networks": "203.0.113.0/24", "do": ""},
    "/security/contacts": {"kind": "phone", "address": "+819011112222", "current_password": PASSWORD},
    "/security/contacts/approve": {"code": "000000"},
    "/security/contacts/confirm": {"code": "000000"},
    "/security/contacts/{contact}/cancel": {"current_password": PASSWORD},
    "/security/notices": {"language": "en"},
    "/security/networks/{owner}/cancel": {"current_password": PASSWORD},
    "/security/networks/{owner}/confirm": {"code": "000000"},
    "/security/networks/{owner}/take-back": {"current_password": PASSWORD},
    "/security/known-clients/{client}/drop": {"current_password": PASSWORD},
    "/security/known-clients/{client}/drop/confirm": {"code": "000000"},
    "/security/sessions/{session}/end": {"current_password": PASSWORD},
    "/security/sessions/end-others": {"current_password": PASSWORD},
    "/security/password/new": {"code": "000000", "new_password": "seven cranes cross the ford"},
}
ACT = {"reason": "the office has moved", "identity_check": "called back on file"}
DOCUMENTS: dict[str, dict[str, object]] = {
    "/v1/login": {"username": "nobody", "password": "wrong", "channel": "api"},
    "/v1/login/{login}/verify": {"factor": "security_code", "code": "000000"},
    "/v1/session/activity": {"seconds_since_input": 0},
    "/v1/broker/accounts": {"number": "SK-NEW", "title": "New account"},
    "/v1/broker/accounts/{number}/networks": {"networks": [], **ACT},
    "/v1/broker/accounts/{number}/networks/cancellation": ACT,
    "/v1/broker/events": {"events": [{"id": "e1", "kind": "holdings.valued", "time": "2026-04-01T09:00:00Z"}]},
    "/v1/broker/instructions": {
        "id": "i1",
        "kind": "bank_change",
        "account": "SK-B",
        "trader": "owner",
        "payee": "bank:1",
        "hash": "0" * 64,
    },
    "/v1/broker/instructions/{instruction}/execution": {"hash": "0" * 64},
    "/v1/broker/instructions/{instruction}/cancellation": {},
    "/v1/broker/traders": {"username": "newcomer", "name": "Name of newcomer", "phone": "+819012345678"},
    "/v1/broker/traders/{username}/mandates": {"number": "SK-B", "role": "viewer"},
    "/v1/broker/traders/{username}/networks": {"networks": [], **ACT},
    "/v1/broker/traders/{username}/networks/cancellation": ACT,
}
