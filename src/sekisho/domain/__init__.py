"""One pure package per promise: no I/O, no framework, `now` is always an argument."""
