"""A seeded brokerage to look around in: its people, their phones, their messages. `serve` cannot import it (R15)."""
