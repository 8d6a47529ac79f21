"""A seeded brokerage, its people and their phones. Never reachable from `sekisho serve`."""
