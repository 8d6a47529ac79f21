"""What Sekisho tells the broker's systems by itself: signed, until it is acknowledged (R13, R15; Standard Webhooks 1.0).

    waiting ──claim──▶ waiting (leased) ──2xx──▶ acknowledged
       ▲                    │ no answer, or another one: due again, later each time
       └────────────────────┤ 410, or its life is over ──▶ dead ──retry──▶ waiting
                            └ worker died: due again when the lease is over

`account.frozen` has to be acknowledged within ten seconds; else somebody is woken, and it is tried on.
"""

from sekisho.domain.webhooks.policy import WebhookPolicy
from sekisho.domain.webhooks.webhook import Webhook, WebhookState, body_of, is_urgent, next_try, webhook_kinds

__all__ = ["Webhook", "WebhookPolicy", "WebhookState", "body_of", "is_urgent", "next_try", "webhook_kinds"]
