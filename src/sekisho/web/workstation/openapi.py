"""What the operations of programs take and give, for the OpenAPI document."""

from __future__ import annotations

from sekisho.web.http.openapi import READING, Talk, Talks
from sekisho.web.workstation import documents as d

__all__ = ["TALKS"]

TALKS: Talks = {
    ("POST", "/v1/login"): Talk(d.LoginRequest, 200, d.LoginStartedDocument, (401, *READING)),
    ("POST", "/v1/login/{login}/security-code"): Talk(d.CodeRequest, 202, d.CodeSent, (401, *READING)),
    ("POST", "/v1/login/{login}/verify"): Talk(d.VerifyRequest, 200, d.LoginCompleted, (401, *READING)),
    ("GET", "/v1/session"): Talk(None, 200, d.SessionDocument, (400, 401)),
    ("POST", "/v1/session/activity"): Talk(d.ActivityReport, 200, d.SessionDocument, (401, *READING)),
    ("DELETE", "/v1/session"): Talk(None, 204, None, (400, 401)),
    ("GET", "/v1/accounts"): Talk(None, 200, d.Accounts, (400, 401, 403)),
    ("GET", "/v1/accounts/{account}"): Talk(None, 200, d.AccountDocument, (400, 401, 403, 404)),
}
