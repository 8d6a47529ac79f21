"""The broker's side of `/v1/broker`: accounts, events, instructions and webhooks, typed (docs/integrate.md).

    with BrokerClient("https://sekisho.broker.example", key) as sekisho:
        verdict = sekisho.instructions.ask(withdrawal)
        if verdict.allows and sekisho.instructions.claim(verdict.instruction, verdict.hash).may_execute:
            pay(withdrawal)

Whatever goes wrong on the way is never an allow: a verdict that does not come is a hold, a claim that is not answered refuses (R13).
"""

from sekisho.clients.broker.client import BrokerClient
from sekisho.clients.broker.events import Event, EventAnswer
from sekisho.clients.broker.faults import BrokerFault, NotAnswered, Refused
from sekisho.clients.broker.instructions import Claim, Decision, Instruction, Reason, Verdict, instruction_hash
from sekisho.clients.broker.patience import Patience
from sekisho.clients.broker.webhooks import Webhook, WebhookRefused, WebhookVerifier

__all__ = [
    "BrokerClient", "BrokerFault", "Claim", "Decision", "Event", "EventAnswer", "Instruction", "NotAnswered", "Patience", "Reason",
    "Refused", "Verdict", "Webhook", "WebhookRefused", "WebhookVerifier", "instruction_hash",
]  # fmt: skip
