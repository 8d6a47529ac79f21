"""The line to the server: one request, tried again while that can help and the patience lasts."""

from __future__ import annotations

import json
import queue
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2

from sekisho.clients.broker.faults import NotAnswered, Refused
from sekisho.clients.broker.patience import Patience

__all__ = ["Ask", "Line", "path_of"]

_LARGEST_ANSWER = 16 * 1024 * 1024
_AGAIN = frozenset({429, 503})
_DONE = frozenset({200, 201, 204})  # what Sekisho answers; a part of an answer (206) or another's words (203) are none
_KEY = re.compile(r"sek_[0-9A-Za-z]{1,100}")
_AGENT = "Sekisho-Broker-Client/1.0"


@dataclass(frozen=True, slots=True)
class Ask:
    """again: whether it may be sent a second time although the first may have arrived. once: its Idempotency-Key."""

    method: str
    path: str
    document: Any = None
    once: str = ""
    again: bool = True


def path_of(*parts: str) -> str:
    """`/v1/broker/…`, each part escaped."""
    return "/v1/broker/" + "/".join(quote(part, safe="") for part in parts)


class Line:
    """Safe to use from several threads. key: goes into the header of every request and nowhere else."""

    def __init__(self, base_url: str, key: str, ca_file: str | None, sleep: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("the address begins with https://")
        if not _KEY.fullmatch(key):  # told without the key: what cannot be a header would stand in the complaint of a library
            raise ValueError("a key is sek_ and letters and digits, without blanks or line ends")
        context = ssl.create_default_context(cafile=ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        headers = {"authorization": f"Bearer {key}", "user-agent": _AGENT, "accept": "application/json"}
        self._client = httpx2.Client(base_url=base_url.rstrip("/"), headers=headers, verify=context, trust_env=False)
        self._sleep = sleep

    def close(self) -> None:
        self._client.close()

    def send(self, ask: Ask, patience: Patience) -> Any:
        """The answer's document, None for an empty one. Raises Refused and NotAnswered."""
        ends, failures = time.monotonic() + patience.total, 0
        while True:
            left = ends - time.monotonic()
            try:
                return self._once(ask, min(patience.one, left))
            except _Failed as failed:
                failures += 1
                pause = patience.pause(failures, failed.after)
                if not (ask.again or failed.untouched) or time.monotonic() + pause >= ends:
                    raise NotAnswered(failed.why) from None
                self._sleep(pause)

    def _once(self, ask: Ask, seconds: float) -> Any:
        answer = _within(seconds, lambda: self._exchange(ask, seconds))
        status, headers, body = answer
        if status in _AGAIN:
            raise _Failed("busy", untouched=True, after=_seconds(headers.get("retry-after")))
        if status >= 500 or status == 408:
            raise _Failed("server_fault")
        if 400 <= status < 500:
            raise _refused(status, body)
        if status not in _DONE:
            raise NotAnswered("nonsense", f"status {status}")
        if not body:
            return None
        try:
            return json.loads(body, object_pairs_hook=_named_once)
        except (ValueError, RecursionError):
            raise NotAnswered("nonsense", "no JSON") from None

    def _exchange(self, ask: Ask, seconds: float) -> tuple[int, Mapping[str, str], bytes]:
        headers = {"content-type": "application/json"} if ask.document is not None else {}
        if ask.once:
            headers["idempotency-key"] = ask.once
        content = None if ask.document is None else json.dumps(ask.document, ensure_ascii=False).encode()
        ends = time.monotonic() + seconds
        try:
            with self._client.stream(ask.method, ask.path, content=content, headers=headers, timeout=seconds) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > _LARGEST_ANSWER:
                        raise NotAnswered("nonsense", "too large")
                    if time.monotonic() > ends:  # nobody waits any more: the thread ends, and the connection with it
                        raise _Failed("timed_out")
                return response.status_code, response.headers, bytes(body)
        except httpx2.ConnectError:
            raise _Failed("unreachable", untouched=True) from None
        except httpx2.TimeoutException:
            raise _Failed("timed_out") from None
        except (httpx2.HTTPError, httpx2.StreamError, OSError):
            raise _Failed("cut_off") from None


class _Failed(Exception):
    """One try came to nothing. untouched: the server certainly did nothing. after: seconds that it asks us to wait."""

    def __init__(self, why: str, *, untouched: bool = False, after: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.untouched = untouched
        self.after = after


def _within(seconds: float, work: Callable[[], Any]) -> Any:
    """Time-outs of a connection begin anew with each byte, and a name may be looked up for ever: the clock that counts is ours."""
    if seconds <= 0:
        raise _Failed("timed_out", untouched=True)
    told: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            told.put((True, work()))
        except BaseException as fault:
            told.put((False, fault))

    threading.Thread(target=run, name="sekisho-request", daemon=True).start()
    try:
        done, found = told.get(timeout=seconds)
    except queue.Empty:
        raise _Failed("timed_out") from None
    if done:
        return found
    raise found


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name that stands twice nobody knows which one is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refused(status: int, body: bytes) -> Refused:
    """What a problem document says (RFC 9457); anything else is refused all the same."""
    try:
        problem = json.loads(body)
        fields = {str(one["field"]): str(one["detail"]) for one in problem.get("errors", [])}
        return Refused(status, str(problem["detail"]), fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Refused(status, "refused", {})


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None
