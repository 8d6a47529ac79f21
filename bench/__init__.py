"""Benchmarks of Sekisho beside their bare loops, in one run: `make bench`, or `python -m bench --help` (DESIGN §7).

Everything is a real process on loopback: `sekisho serve` with TLS and a database, an SMS gateway, a load generator that is counted
apart, and next to each the bare thing that it is compared with. Nothing here is part of the product.
"""
