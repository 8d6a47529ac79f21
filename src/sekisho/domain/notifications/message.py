"""A message before it is text: key and parameters (R10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from sekisho.domain.notifications.kinds import CodePurpose, NoticeKind, Place
from sekisho.domain.notifications.safe_text import check_text
from sekisho.domain.notifications.templates import CODES, NOTICES
from sekisho.kernel.events import Fact
from sekisho.kernel.secrets import Secret

__all__ = ["CodeMessage", "Firm", "Marks", "Message", "Notice", "Rendered", "Translator"]


class Translator(Protocol):
    """The catalogue of one language; `gettext.NullTranslations` fits."""

    def gettext(self, message: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Firm:
    """What of the firm stands in messages. service_phone: the published number, written as it shall be read. host: the portal's.

    Raises ValueError for a name which would make every message unsafe.
    """

    name: str
    service_phone: str
    host: str
    time_zone: ZoneInfo

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= 24 or not self.name.isprintable():
            raise ValueError("firm.name must have 1 to 24 printable characters, so that messages stay short")
        if sum(character.isdigit() for character in self.service_phone) < 3 or len(self.service_phone) > 20:
            raise ValueError("firm.service_phone must be the published phone number, at most 20 characters")
        check_text(self.name, self.service_phone)


@dataclass(frozen=True, slots=True)
class Notice:
    """A security notice: what happened, and when. again: the digest of what happened within the hour after an earlier notice.

    Raises ValueError without the parameters that the kind's text needs; further ones are for the inbox page, and never leave the house.
    """

    kind: NoticeKind
    at: datetime
    params: Mapping[str, Fact] = field(default_factory=dict)
    again: bool = False

    def __post_init__(self) -> None:
        absent = NOTICES[self.kind].needs - set(self.params)
        if absent:
            raise ValueError(f"{self.kind} needs the parameters {sorted(absent)}")

    @property
    def key(self) -> str:
        """`login_restricted`, or `login_restricted.again` for a digest: the kind under which the inbox keeps it."""
        return f"{self.kind}.again" if self.again else str(self.kind)

    @classmethod
    def kept(cls, key: str, at: datetime, params: Mapping[str, Fact]) -> Notice:
        """The notice which an inbox entry stands for."""
        kind, dot, _ = key.partition(".")
        return cls(NoticeKind(kind), at, params, again=bool(dot))


@dataclass(frozen=True, slots=True)
class CodeMessage:
    """A security code with its purpose, place and program (R4).

    action: English catalogue text of what a step-up allows, such as "change the password"; shown in words (J08). For a step-up only.
    """

    purpose: CodePurpose
    code: Secret
    place: Place
    program: str
    minutes: int
    action: str | None = None

    def __post_init__(self) -> None:
        if (self.action is None) == ("action" in CODES[self.purpose].needs):
            raise ValueError(f"a code for {self.purpose} {'names' if self.action is None else 'has no'} action")

    @property
    def key(self) -> str:
        return f"code.{self.purpose}"


Message = Notice | CodeMessage


@dataclass(frozen=True, slots=True)
class Marks:
    """By which a reader knows a message for ours (R10). reference: he can ask the portal about it. phrase: words of his own, in mails."""

    reference: str = ""
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """body: of a code message it holds the code, so it never prints."""

    subject: str
    body: Secret
