"""What the broker's systems send and get, as JSON documents. `/v1` changes only by addition."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = [
    "BrokerAccount", "BrokerMandate", "ListChange", "ListCancelled", "ListEntry", "ListState", "MandateRequest", "NewAccount",
    "NewTraderRequest", "TraderEnrolled",
]  # fmt: skip

Number = Annotated[str, Meta(min_length=3, max_length=20, pattern="^[A-Za-z0-9-]+$", examples=["U1000007"])]
Username = Annotated[str, Meta(min_length=4, max_length=32, examples=["hanako.sato"])]
Why = Annotated[str, Meta(min_length=5, max_length=500)]
RoleName = Literal["holder", "viewer", "trader", "treasurer", "security"]


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """number: the broker's own. title: what the account is called on pages."""

    number: Number
    title: Annotated[str, Meta(min_length=1, max_length=100)]


class BrokerMandate(msgspec.Struct):
    """Who may act for an account, how, and from when to when."""

    mandate: str
    username: str
    role: str
    since: datetime
    until: datetime | None


class BrokerAccount(msgspec.Struct):
    """An account with its mandates, past ones too. frozen: the reasons; empty means open."""

    account: str
    number: str
    title: str
    opened: datetime
    frozen: list[str]
    mandates: list[BrokerMandate]


class MandateRequest(msgspec.Struct, forbid_unknown_fields=True):
    number: Number
    role: RoleName


class NewTraderRequest(msgspec.Struct, forbid_unknown_fields=True):
    """phone: with country code. He sets his own password at /activate (R16)."""

    username: Username
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    phone: Annotated[str, Meta(min_length=6, max_length=32, examples=["+819012345678"])]
    email: Annotated[str, Meta(max_length=254)] = ""
    language: Literal["en", "ja"] = "ja"
    accounts: Annotated[list[MandateRequest], Meta(max_length=100)] = []


class TraderEnrolled(msgspec.Struct):
    """activation_code: given here once; hand it over in person or by post."""

    trader: str
    username: str
    activation_code: str
    valid_until: datetime


class ListChange(msgspec.Struct, forbid_unknown_fields=True):
    """networks: the whole list, each a network or address, then its label: `203.0.113.0/24 Office`. Empty: any network is allowed."""

    networks: Annotated[list[Annotated[str, Meta(max_length=200, pattern=r"^[^\r\n]*$")]], Meta(max_length=500)]
    reason: Why
    identity_check: Why


class ListCancelled(msgspec.Struct, forbid_unknown_fields=True):
    reason: Why
    identity_check: Why


class ListEntry(msgspec.Struct):
    network: str
    label: str
    since: datetime | None
    until: datetime | None


class ListState(msgspec.Struct):
    """A list as it stands. pending: what it will be at `due`; null when nothing waits. notes: what was mended in the lines."""

    version: int
    entries: list[ListEntry]
    pending: list[ListEntry] | None
    due: datetime | None
    notes: list[str] = []
