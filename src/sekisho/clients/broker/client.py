"""The client as a whole."""

from __future__ import annotations

from typing import Self

from sekisho.clients.broker.book import Accounts, Traders
from sekisho.clients.broker.events import Events
from sekisho.clients.broker.instructions import Instructions
from sekisho.clients.broker.line import Line

__all__ = ["BrokerClient"]


class BrokerClient:
    """base_url: where Sekisho serves, https. key: `sek_…`, from where secrets are kept. ca_file: of a private authority.

    Safe to use from several threads; close it, or use it with `with`.
    """

    def __init__(self, base_url: str, key: str, ca_file: str | None = None) -> None:
        self._line = Line(base_url, key, ca_file)
        self.accounts = Accounts(self._line)
        self.traders = Traders(self._line)
        self.events = Events(self._line)
        self.instructions = Instructions(self._line)

    def close(self) -> None:
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "BrokerClient(…)"
