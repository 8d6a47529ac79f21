"""The broker's own systems at their door: who they are, and that a repeated request acts once (DESIGN §6, R15).

key added ──▶ live ──────────────▶ expired (≤ 90 days)        added without a scope it opens nothing
                ├─ rotated ──▶ live until the overlap ends     a second key of the same name takes over
                └─ revoked ──▶ revoked
"""

from sekisho.domain.broker_access.key import BrokerKey, KeyText, Scope, checked_client, checked_key, new_key_text, read_key_text
from sekisho.domain.broker_access.policy import BrokerAccessPolicy
from sekisho.domain.broker_access.repeat import AnswerOnce, Repeat, checked_repeat_key, repeat_of

__all__ = [
    "AnswerOnce",
    "BrokerAccessPolicy",
    "BrokerKey",
    "KeyText",
    "Repeat",
    "Scope",
    "checked_client",
    "checked_key",
    "checked_repeat_key",
    "new_key_text",
    "read_key_text",
    "repeat_of",
]
