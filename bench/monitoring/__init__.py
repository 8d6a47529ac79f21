"""What monitoring takes: features and rules as files, a stream of events, and peers beside it."""
