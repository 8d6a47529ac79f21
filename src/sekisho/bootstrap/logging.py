"""Logs: one JSON object a line on standard error (or one coloured line on a terminal), from all that speaks in the process.

A record is one line whatever it holds (ASVS V16.4.1), and holds no password, code, token or full telephone number (ASVS V16.2.5):
fields are hidden by their names, `Secret`s by their type, telephone numbers by their form.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal, TextIO

import structlog

from sekisho.kernel.secrets import Secret

__all__ = ["granian_log_config", "request_context", "start_logging"]

Format = Literal["auto", "json", "console"]

HIDDEN = "***"
_HIDDEN_WORDS = frozenset({"password", "passwords", "code", "codes", "token", "tokens", "secret", "secrets", "phone", "phones",
                           "authorization", "cookie", "cookies"})  # fmt: skip
_KNOWN_HARMLESS = frozenset({"status_code", "exit_code", "country_code"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_PHONE = re.compile(r"\+[0-9]{6,13}(?=[0-9]{2})")  # E.164, all but its last two digits
_LONGEST_TEXT = 8192
_DEEPEST = 6
_NOISY = ("httpx2", "httpcore2", "alembic", "sqlalchemy.engine", "sqlalchemy.pool")


def start_logging(level: str = "info", format: Format = "auto", stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's loggers to one stream, standard error by default. May be called again.

    level: from this gravity on. format: "auto" is "console" on a terminal, else "json".
    """
    out = stream or sys.stderr
    for_people = format == "console" or (format == "auto" and out.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, hide_secrets]
    last += [escape_controls, structlog.dev.ConsoleRenderer(colors=out.isatty())] if for_people else [structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("_granian", "granian.access", "uvicorn", "uvicorn.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True
    logging.captureWarnings(True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def granian_log_config() -> dict[str, Any]:
    """For `Granian(log_dictconfig=…)`: its loggers pass on to ours instead of printing by themselves."""
    passing: dict[str, Any] = {"handlers": [], "propagate": True}
    return {"version": 1, "disable_existing_loggers": False, "formatters": {}, "handlers": {},
            "loggers": {"_granian": dict(passing), "granian.access": dict(passing)}}  # fmt: skip


@contextmanager
def request_context(request_id: str) -> Iterator[None]:
    """Every record inside carries the request's id."""
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        yield


def hide_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last look before a record leaves: nothing that looks like a secret passes."""
    return {key: _cleaned(key, value, _DEEPEST) for key, value in event.items()}


def _cleaned(key: str, value: Any, depth: int) -> Any:
    if _names_secret(key) or isinstance(value, Secret) or depth == 0:
        return HIDDEN
    match value:
        case None | bool() | int() | float():
            return value
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case Mapping():
            return {str(name): _cleaned(str(name), part, depth - 1) for name, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_cleaned("", part, depth - 1) for part in value]
        case _:
            text = str(value)
            return _PHONE.sub(HIDDEN, text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)")


@lru_cache(maxsize=1024)  # asked for every field of every record
def _names_secret(key: str) -> bool:
    """Whether one word of a field's name (`session_token`, `X-Phone`, `newPassword`) says that it holds a secret."""
    return key not in _KNOWN_HARMLESS and not _HIDDEN_WORDS.isdisjoint(word.lower() for word in _WORDS.findall(key))


def escape_controls(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For a terminal, where no JSON escapes them: line ends and control sequences become visible text."""
    told_apart = {"exception": "traceback", "stack": "stack_info"}  # the renderer gives these names lines of their own
    return {told_apart.get(key, _escaped(key)): _escaped(value) for key, value in event.items()}


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in value)
        case dict():
            return {_escaped(key): _escaped(part) for key, part in value.items()}
        case list():
            return [_escaped(part) for part in value]
        case _:
            return value
