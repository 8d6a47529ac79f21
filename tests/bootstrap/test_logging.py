"""Logs: one line a record, and no secret in it."""

from __future__ import annotations

import io
import json
import logging
import warnings

import pytest
import structlog
from granian.log import LogLevels, configure_logging

from sekisho.bootstrap.logging import granian_log_config, request_context, start_logging
from sekisho.kernel.secrets import Secret


@pytest.fixture
def lines():
    """The lines of the JSON log so far."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    start_logging("info", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def test_a_record_is_one_json_object(lines):
    structlog.get_logger("sekisho.test").info("login.refused", reason="wrong_password", ms=1.5, count=3, none=None, ok=True)
    (record,) = lines()
    assert record.pop("at").endswith("Z")
    assert record == {"event": "login.refused", "reason": "wrong_password", "ms": 1.5, "count": 3, "none": None, "ok": True,
                      "logger": "sekisho.test", "level": "info"}  # fmt: skip


@pytest.mark.parametrize("evil", ["a\nb", "a\r\nb", "\x1b[2J", "\x00", "\u2028", "\x85", "\x0b", "\ud800", "x" * 100_000])
def test_whatever_stands_in_a_value_it_is_one_line(lines, evil):
    structlog.get_logger().info(evil, agent=evil, deep={"list": [evil]}, **{evil[:20]: 1})
    logging.getLogger("foreign").warning("seen %s", evil)
    assert len(lines()) == 2


@pytest.mark.parametrize("evil", ["a\nb", "a\r\nb", "\x1b[2J", "\u2028", "\x85"])
def test_the_console_is_one_line_too(lines, evil):
    stream = io.StringIO()
    start_logging("info", "console", stream)
    structlog.get_logger().info(evil, agent=evil)
    try:
        raise ValueError(evil)
    except ValueError:
        structlog.get_logger().exception("failed")
    assert len(stream.getvalue().splitlines()) == 2
    assert evil not in stream.getvalue()


@pytest.mark.parametrize(
    "key",
    ["password", "new_password", "newPassword", "code", "security_code", "token", "session_token", "client_secret", "phone", "X-Phone",
     "Authorization", "set-cookie", "Cookie", "tokens", "HTTP_COOKIE"],
)  # fmt: skip
def test_fields_are_hidden_by_their_names(lines, key):
    structlog.get_logger().info("seen", **{key: "s3cret"}, deep=[{key: ["s3cret"]}])
    (record,) = lines()
    assert record[key] == "***"
    assert "s3cret" not in json.dumps(record)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Secret("s3cret"), "***"),
        ([Secret("s3cret")], ["***"]),
        (b"s3cret", "<6 bytes>"),
        ("call +819012345678 now", "call ***78 now"),
        ("2027-04-01T00:00:00+09:00", "2027-04-01T00:00:00+09:00"),
    ],
)
def test_values_are_hidden_by_type_and_form(lines, value, shown):
    structlog.get_logger().info("seen", value=value)
    assert lines()[0]["value"] == shown


@pytest.mark.parametrize("key", ["status_code", "encoded", "phonetic", "route"])
def test_harmless_names_stay(lines, key):
    structlog.get_logger().info("seen", **{key: "x"})
    assert lines()[0][key] == "x"


def test_other_loggers_speak_alike(lines):
    configure_logging(LogLevels.info, granian_log_config())
    logging.getLogger("_granian").info("Starting granian")
    logging.getLogger("other").debug("too quiet")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("mind the gap", stacklevel=1)
    assert [record["logger"] for record in lines()] == ["_granian", "py.warnings"]


def test_an_exception_stands_in_its_record(lines):
    try:
        raise ValueError("call +819012345678")
    except ValueError:
        structlog.get_logger().exception("failed")
    (record,) = lines()
    assert "ValueError" in record["exception"]
    assert "+819012" not in record["exception"]


def test_records_carry_the_request(lines):
    with request_context("req_1"):
        logging.getLogger("other").info("inside")
    logging.getLogger("other").info("outside")
    assert [record.get("request_id") for record in lines()] == ["req_1", None]
