"""The door of the broker's own systems: `/v1/broker`, by key (DESIGN §6, R15)."""
