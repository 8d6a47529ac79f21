"""Sekisho: the software behind a brokerage's page "How we protect your account"."""

__version__ = "0.1.0"
