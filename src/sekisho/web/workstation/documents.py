"""What programs send and get, as JSON documents. `/v1` changes only by addition."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = [
    "AccountDocument", "Accounts", "ActivityReport", "CodeRequest", "CodeSent", "LoginCompleted", "LoginRequest", "LoginStartedDocument",
    "SessionDocument", "VerifyRequest",
]  # fmt: skip


class LoginRequest(msgspec.Struct, forbid_unknown_fields=True):
    """First step. `client_token` is what the last complete login gave: a known client keeps a lane of its own (R3)."""

    username: Annotated[str, Meta(min_length=1, max_length=256, examples=["demo.trader"])]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    channel: Literal["api", "workstation"]
    client_token: Annotated[str, Meta(min_length=16, max_length=128, pattern="^[A-Za-z0-9_-]+$")] | None = None


class LoginStartedDocument(msgspec.Struct):
    login: str
    state: Literal["second_factor"]
    factors: list[str]


class CodeRequest(msgspec.Struct, forbid_unknown_fields=True):
    """An empty object."""


class CodeSent(msgspec.Struct):
    """sent_to: masked. expires_in: seconds the code is valid."""

    sent_to: str
    expires_in: int
    tries_left: int


class VerifyRequest(msgspec.Struct, forbid_unknown_fields=True):
    factor: Literal["security_code"]
    code: Annotated[str, Meta(min_length=6, max_length=10, pattern="^[0-9]+$", examples=["408172"])]


class LoginCompleted(msgspec.Struct):
    """session_token: sent as `Authorization: Bearer`. client_token: kept, and sent with the next login."""

    state: Literal["complete"]
    session_token: str
    token_type: Literal["Bearer"]
    client_token: str


class SessionDocument(msgspec.Struct):
    """Times in UTC. seconds_left: until automatic logoff if no input comes. quarantined_until: interim mode (R4)."""

    session: str
    trader: str
    username: str
    channel: str
    started: datetime
    last_input: datetime
    ends: datetime
    idle_seconds: int
    seconds_left: int
    password_change_needed: bool
    quarantined_until: datetime | None


class ActivityReport(msgspec.Struct, forbid_unknown_fields=True):
    """Human input, `seconds_since_input` ago; send at once after silence, else at most every 20 s (R6)."""

    seconds_since_input: Annotated[int, Meta(ge=0, le=60)]


class AccountDocument(msgspec.Struct):
    account: str
    number: str
    title: str
    role: str
    rights: list[str]


class Accounts(msgspec.Struct):
    accounts: list[AccountDocument]
