"""What happens at the broker, as events: any iterator will do, a file or a queue as well."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

from sekisho.clients.broker import Event
from sekisho.clients.broker.examples import open_client


def main() -> None:
    with open_client() as sekisho:
        number = f"EV-{secrets.token_hex(3)}".upper()
        account = sekisho.accounts.add(number, f"Account {number}").number
        taken = 0
        for answer in sekisho.events.send(events(account)):
            if answer.taken:
                taken += 1
            else:
                print(f"{answer.id}: {answer.problem}")
        print(f"{taken} events are on disk")


def events(account: str) -> Iterator[Event]:
    now = datetime.now(UTC)
    yield Event(f"{account}-d1", "deposit.received", now, account, amount=1_000_000, currency="JPY")
    for place in range(1500):
        yield Event(
            f"{account}-o{place}", "order.executed", now, account, symbol="7203", side="buy", quantity=100, amount_jpy=280_000,
            liquidity="liquid",
        )  # fmt: skip
    yield Event(f"{account}-x1", "login.completed", now, account)  # Sekisho makes this kind itself: it is refused


if __name__ == "__main__":
    main()
