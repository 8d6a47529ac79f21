"""Events: what happened at the broker, one by itself or in batches, each answered for itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sekisho.clients.broker.faults import NotAnswered
from sekisho.clients.broker.line import Ask, Line, path_of
from sekisho.clients.broker.patience import Patience

__all__ = ["Event", "EventAnswer", "Events"]

LARGEST_BATCH = 1000
_LARGEST_BODY = 900_000  # bytes; the server takes 1 MiB
_SENDING = Patience(total=60.0, one=15.0)


@dataclass(frozen=True, slots=True)
class Event:
    """id: the broker's own; sent again it is the same event. time: aware. account: its number. trader: the username.

    amount: in minor units of currency. attributes: the further fields of its kind; see the paper of kinds.
    """

    id: str
    kind: str
    time: datetime
    account: str | None = None
    trader: str | None = None
    device: str | None = None
    session: str | None = None
    channel: str | None = None
    address: str | None = None
    amount: int | None = None
    currency: str | None = None
    amount_jpy: int | None = None
    symbol: str | None = None
    liquidity: str | None = None
    side: str | None = None
    quantity: int | None = None
    payee: str | None = None
    attributes: Mapping[str, str | int | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.id, str):  # else nobody would know its answer again
            raise ValueError("the id of an event is a text")
        if self.time.tzinfo is None:
            raise ValueError("the time of an event needs its offset from UTC")

    def document(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in self.__slots__}
        found["time"], found["attributes"] = self.time.isoformat(), dict(self.attributes)
        return {name: value for name, value in found.items() if value not in (None, {})}


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """status: accepted, duplicate (it stood there already) or refused; then `problem` says why.

    verdict: of the rules, where it was judged.
    """

    id: str
    status: str
    sequence: int | None = None
    verdict: str = ""
    reasons: tuple[str, ...] = ()
    problem: str = ""

    @property
    def taken(self) -> bool:
        """It is on disk."""
        return self.status in ("accepted", "duplicate")


class Events:
    def __init__(self, line: Line) -> None:
        self._line = line

    def send(self, events: Iterable[Event], patience: Patience = _SENDING) -> Iterator[EventAnswer]:
        """The answer of each, in their order, as batches come back; lazy, so iterate over it. Each batch is on disk before its answers.

        Raises NotAnswered when a batch found no answer: send from its first event on again, what was taken then answers `duplicate`.
        """
        for batch in _batches(events):
            yield from _answers(self._line.send(Ask("POST", path_of("events"), {"events": batch}), patience), batch)

    def send_event(self, event: Event, patience: Patience = _SENDING) -> EventAnswer:
        """One by itself, on disk when this answers. Raises Refused (409: its id was sent with another content) and NotAnswered."""
        document = event.document()
        (answer,) = _answers({"results": [self._line.send(Ask("POST", path_of("events"), document), patience)]}, [document])
        if not answer.taken:
            raise NotAnswered("nonsense", "refused without a reason")
        return answer


def _batches(events: Iterable[Event]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for event in events:
        document = event.document()
        length = len(json.dumps(document, ensure_ascii=False).encode()) + 2
        if batch and (len(batch) == LARGEST_BATCH or size + length > _LARGEST_BODY):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += length
    if batch:
        yield batch


def _answers(answer: Any, batch: list[dict[str, Any]]) -> list[EventAnswer]:
    try:
        found = [_answer(one) for one in answer["results"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotAnswered("nonsense", "no results") from None
    if [one.id for one in found] != [event["id"] for event in batch]:
        raise NotAnswered("nonsense", "results of other events")
    return found


def _answer(one: Any) -> EventAnswer:
    status = str(one["status"])
    if status not in ("accepted", "duplicate", "refused"):
        raise ValueError(status)
    reasons = tuple(str(reason["code"]) for reason in one.get("reasons") or ())
    return EventAnswer(str(one["id"]), status, one.get("sequence"), str(one.get("verdict") or ""), reasons, str(one.get("problem") or ""))
