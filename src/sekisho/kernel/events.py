"""What happened, in one shape: the audit log keeps it, monitoring reads it. Past participles with dotted names."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Event", "EventKind", "Fact"]

Fact = str | int | bool | None


class EventKind(StrEnum):
    ACCOUNT_ADDED = "account.added"
    TRADER_ADDED = "trader.added"
    TRADER_ACTIVATED = "trader.activated"
    TRADER_RESET = "trader.reset"
    TRADER_UNLOCKED = "trader.unlocked"
    TRADER_SUSPENDED = "trader.suspended"
    MANDATE_GRANTED = "mandate.granted"
    MANDATE_ENDED = "mandate.ended"
    ACTIVATION_REFUSED = "activation.refused"
    LOGIN_REFUSED = "login.refused"
    LOGIN_PASSWORD_ACCEPTED = "login.password_accepted"
    LOGIN_COMPLETED = "login.completed"
    LOGIN_RESTRICTED = "login.restricted"
    LOGIN_UNRESTRICTED = "login.unrestricted"
    AUTHENTICATOR_DISABLED = "authenticator.disabled"
    CODE_SENT = "code.sent"
    CODE_WITHHELD = "code.withheld"  # send answered as ever, nothing sent
    PASSWORD_CHANGED = "password.changed"
    PASSWORD_REHASHED = "password.rehashed"
    PASSWORD_CHANGE_FORCED = "password.change_forced"
    SESSION_ENDED = "session.ended"
    SESSION_REFUSED = "session.refused"
    SESSION_SEEN = "session.seen"  # in another network, or by another device, than the one of its login
    LOGOFF_TIME_CHANGED = "session.logoff_time_changed"
    KNOWN_CLIENT_DROPPED = "known_client.dropped"
    ADDRESS_LIST_CHANGED = "address_list.changed"
    ADDRESS_LIST_CANCELLED = "address_list.cancelled"  # a change that waited
    ADDRESS_LIST_APPLIED = "address_list.applied"  # the waiting was over
    ADDRESS_REFUSED = "address.refused"
    CONTACT_ADDED = "contact.added"
    CONTACT_CONFIRMED = "contact.confirmed"
    CONTACT_CHANGED = "contact.changed"
    CONTACT_CANCELLED = "contact.cancelled"
    PREFERENCE_CHANGED = "preference.changed"  # language, notices, phrase
    RELAY_ACKNOWLEDGED = "relay.acknowledged"  # that codes can be relayed (R4)
    MESSAGE_BOUNCED = "message.bounced"
    INSTRUCTION_CLAIMED = "instruction.claimed"
    INSTRUCTION_CLAIM_REFUSED = "instruction.claim_refused"
    INSTRUCTION_CANCELLED = "instruction.cancelled"
    INSTRUCTION_CONFIRMED = "instruction.confirmed"  # the trader's Yes
    INSTRUCTION_DISPUTED = "instruction.disputed"  # the trader's No
    INSTRUCTION_EXPIRED = "instruction.expired"
    EVENT_CONFLICTED = "event.conflicted"  # an id was sent again with another body (R14)
    EVENT_DISPUTED = "event.disputed"  # its event builds no habit (R14)
    ACCOUNT_FROZEN = "account.frozen"
    ACCOUNT_UNFROZEN = "account.unfrozen"
    RULES_PROPOSED = "rules.proposed"
    RULES_DECIDED = "rules.decided"  # live, shadow, refused or rolled back
    RULE_LIST_CHANGED = "rule_list.changed"
    EVENTS_PURGED = "events.purged"  # of the event log, after monitoring.keep_events
    INSTRUCTIONS_PURGED = "instructions.purged"  # settled ones, after monitoring.keep_instructions
    EVENTS_EXPORTED = "events.exported"
    LOGIN_JUDGED = "login.judged"  # monitoring quarantined or ended a session
    STEP_UP_STARTED = "step_up.started"
    STEP_UP_COMPLETED = "step_up.completed"
    STEP_UP_REFUSED = "step_up.refused"
    OBJECT_REFUSED = "object.refused"
    NOTICE_QUEUED = "notice.queued"
    MESSAGE_DEAD = "message.dead"
    AUDIT_PURGED = "audit.purged"
    BACKUP_MADE = "backup.made"
    RESTORE_ACCEPTED = "restore.accepted"  # an older copy of the database stands; the chain goes on behind what was lost (R9)
    BROKER_KEY_ADDED = "broker_key.added"
    BROKER_KEY_ROTATED = "broker_key.rotated"
    BROKER_KEY_REVOKED = "broker_key.revoked"
    BROKER_KEY_REFUSED = "broker_key.refused"
    BROKER_REPEAT_REFUSED = "broker_repeat.refused"  # one Idempotency-Key, two requests
    WEBHOOK_UNANSWERED = "webhook.unanswered"  # not acknowledged in time: somebody is woken (R13)
    WEBHOOK_DEAD = "webhook.dead"
    WEBHOOK_REVIVED = "webhook.revived"
    KEYRING_ROTATED = "keyring.rotated"  # another master key is in use (R9)
    KEYRING_RESEALED = "keyring.resealed"  # nothing is sealed under older ones any more
    KEYRING_RETIRED = "keyring.retired"  # older ones left the keyring
    NODE_STARTED = "node.started"
    NODE_STOPPED = "node.stopped"


@dataclass(frozen=True, slots=True)
class Event:
    """One happening.

    actor: trader, staff member or `os:NAME` of the command line; None when nobody was known.
    facts: kept for the whole retention, hashed into the audit chain; ids and reasons, nothing personal.
    personal: addresses, names, user agents; stands beside the chain and can be erased (R8). Never a secret.
    """

    kind: EventKind
    actor: str | None = None
    trader: str | None = None
    account: str | None = None
    reason: str | None = None
    facts: dict[str, Fact] = field(default_factory=dict)
    personal: dict[str, Fact] = field(default_factory=dict)
