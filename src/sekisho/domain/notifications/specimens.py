"""One of each message that can leave, with parameters as they occur: what the gallery shows and `make check` reads (R10, J09)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sekisho.domain.notifications.kinds import NEVER_DIGESTED, CodePurpose, NoticeKind, Place
from sekisho.domain.notifications.message import CodeMessage, Marks, Message, Notice
from sekisho.domain.notifications.templates import CODES, NOTICES
from sekisho.kernel.events import Fact
from sekisho.kernel.secrets import Secret

__all__ = ["AT", "codes", "marks", "notices", "specimens"]

AT = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
_CODE, _REFERENCE = "048213", "KQMX-TRWP"
_SAID: Mapping[str, Mapping[str, Fact]] = {
    "en": {
        "who": "Hanako Sato",
        "whose": "Mori Family Trading",
        "account": "Mori Family Trading",
        "action": "change the password",
        "phrase": "seven cranes at dusk",
    },
    "ja": {
        "who": "佐藤 花子",
        "whose": "森ファミリー口座",
        "account": "森ファミリー口座",
        "action": "パスワードの変更",
        "phrase": "夕暮れの鶴七羽",
    },
}
_ALWAYS: Mapping[str, Fact] = {"program": "Chrome Windows", "minutes": 15, "hours": 24, "contact": "h**o at example"}


def notices(language: str) -> list[Notice]:
    """Every kind, and the digest of those that are digested. language: of the names in it."""
    params = {**_ALWAYS, **_SAID[language]}
    found = []
    for kind in NoticeKind:
        needed = {name: params[name] for name in sorted(NOTICES[kind].needs)}
        found += [Notice(kind, AT, needed, again) for again in ([False] if kind in NEVER_DIGESTED else [False, True])]
    return found


def codes(language: str) -> list[CodeMessage]:
    """Every purpose, at every place."""
    action = str(_SAID[language]["action"])
    return [
        CodeMessage(purpose, Secret(_CODE), place, "Chrome Windows", 5, action if "action" in CODES[purpose].needs else None)
        for purpose in CodePurpose
        for place in Place
    ]


def specimens(language: str) -> list[Message]:
    return [*notices(language), *codes(language)]


def marks(language: str) -> Marks:
    return Marks(_REFERENCE, str(_SAID[language]["phrase"]))
