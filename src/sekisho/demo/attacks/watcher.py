"""Reads the verdicts of an attack on the demo's page of monitoring, in the language of the story."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any, Self

import httpx2

from sekisho.demo.attacks.story import Why
from sekisho.demo.attacks.target import Target
from sekisho.demo.attacks.thief import soon
from sekisho.texts.catalogue import Language

__all__ = ["Watcher"]

_EVENTS = "/demo/monitoring/events"
_Event = Mapping[str, Any]


class Watcher:
    """Sees what comes after it was made."""

    def __init__(self, target: Target, language: Language) -> None:
        trusted = ssl.create_default_context(cafile=target.ca_file)
        headers = {"accept-language": language.value}
        self._client = httpx2.Client(base_url=target.base_url, verify=trusted, trust_env=False, headers=headers, timeout=10)
        self._after: int = self._news(0)["last"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._client.close()

    def verdict_of(self, event: str) -> tuple[str, tuple[Why, ...]]:
        """Of the event with that id: the broker's own."""
        return self._judged(lambda one: one["event"] == event)

    def verdict_in(self, kind: str, session: str) -> tuple[str, tuple[Why, ...]]:
        """Of the newest event of that kind in that session."""
        return self._judged(lambda one: one["kind"] == kind and one["session"] == session)

    def sternest_from(self, kinds: tuple[str, ...], address: str) -> tuple[str, tuple[Why, ...]]:
        """Of the newest event of these kinds from that address that was not allowed."""
        return self._judged(lambda one: one["kind"] in kinds and one["place"].endswith(address) and one["verdict"] != "allow")

    def _judged(self, fits: Callable[[_Event], bool]) -> tuple[str, tuple[Why, ...]]:
        """Empty where it does not come."""
        found = soon(lambda: next((one for one in self._news(self._after)["events"] if fits(one)), None))
        if found is None:
            return "", ()
        return found["verdict"], tuple(Why(one["code"], one["text"]) for one in found["reasons"])

    def _news(self, after: int) -> dict[str, Any]:
        told: dict[str, Any] = self._client.get(_EVENTS, params={"after": after}).raise_for_status().json()
        return told
