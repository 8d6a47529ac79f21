"""Forms, read strictly: what a browser would not write is refused, and never guessed at (R7: unknown or repeated fields are 422).

wrong type or encoding 415 · over 64 KiB 413 · bad percent, UTF-8, control character 400 · repeated, unknown, missing field 422
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_
from sekisho.web.http.body import read_body, require_media_type
from sekisho.web.http.csrf import CSRF_FIELD
from sekisho.web.http.faults import malformed, refused_fields

__all__ = ["CONTROLS", "Lines", "form_fields", "into", "parse_form", "shown_name"]

Shape = TypeVar("Shape")

_KEY = "sekisho.fields"
_MOST_FIELDS = 64
_LONGEST_FIELD = 4096
_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_UNWRITTEN = re.compile(rb"[^\x21-\x7e]")  # a browser percent-encodes these
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")  # in no field; tabs and line ends only in `Lines`
_LONGEST_LINES = 60_000


class Lines(str):
    """The text of a field of several lines."""

    __slots__ = ()


async def form_fields(request: Request) -> Mapping[str, str]:
    """The fields of this request's form, read once (the gate looks for the CSRF token, the endpoint for the rest)."""
    kept = request.scope.get(_KEY)
    if isinstance(kept, dict):
        return kept
    require_media_type(request, "application/x-www-form-urlencoded")
    fields = request.scope[_KEY] = parse_form(await read_body(request))
    return fields


def parse_form(body: bytes) -> dict[str, str]:
    """Fields of an `application/x-www-form-urlencoded` body (URL Standard §5.1, without its leniency)."""
    if not body:
        return {}
    pairs = body.split(b"&")
    if len(pairs) > _MOST_FIELDS:
        raise malformed("too many fields")
    fields: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition(b"=")
        if not sign or b"=" in value or not name:
            raise malformed("a field without exactly one equals sign")
        key = _decoded(name)
        if key in fields:
            raise refused_fields({shown_name(key): N_("This field was sent twice.")}, "repeated field")
        fields[key] = _decoded(value)
    return fields


def _decoded(text: bytes) -> str:
    if _UNWRITTEN.search(text) or _BAD_PERCENT.search(text):
        raise malformed("not percent-encoded")
    try:
        plain = unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("not UTF-8") from None
    if _UNWANTED.search(plain):
        raise malformed("control character")
    return plain


def into(shape: type[Shape], fields: Mapping[str, str]) -> Shape:
    """The fields as the frozen dataclass `shape`, whose attributes are `str`, `Lines`, `Secret`, `bool` (a box, `on` or absent), `int` or
    a StrEnum.

    Raises SekishoError INVALID naming every refused field. A field with a default may be missing. The CSRF field belongs to the gate.
    """
    declared = _declared(shape)
    refused = {shown_name(name): N_("This field is not known.") for name in fields if name not in declared and name != CSRF_FIELD}
    values: dict[str, Any] = {}
    for name, (kind, required) in declared.items():
        text = fields.get(name)
        if text is None:
            if kind is bool:
                values[name] = False
            elif required:
                refused[name] = N_("This field is missing.")
            continue
        if kind is not Lines and CONTROLS.search(text):
            raise malformed("control character")
        if len(text) > (_LONGEST_LINES if kind is Lines else _LONGEST_FIELD):
            refused[name] = N_("This entry is too long.")
            continue
        try:
            values[name] = _convert(kind, text)
        except ValueError:
            refused[name] = N_("This entry is not possible here.")
    if refused:
        raise refused_fields(refused, "form")
    return shape(**values)


def shown_name(name: str) -> str:
    """A field's name fit for logs and answers: a stranger chose it."""
    return name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else "?"


def _convert(kind: type[Any], text: str) -> Any:
    if kind is bool:
        if text != "on":
            raise ValueError("a box is on or absent")
        return True
    if kind is int and not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise ValueError("no whole number")
    return kind(text)


def _declared(shape: type[Any]) -> dict[str, tuple[type[Any], bool]]:
    hints = typing.get_type_hints(shape)
    declared: dict[str, tuple[type[Any], bool]] = {}
    for field in dataclasses.fields(shape):
        kind = hints[field.name]
        if kind not in (str, Lines, Secret, bool, int) and not (isinstance(kind, type) and issubclass(kind, StrEnum)):
            raise TypeError(f"{shape.__name__}.{field.name} has a type that no form field can have")
        optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        declared[field.name] = (kind, not optional)
    return declared
