"""JSON bodies of `/v1`, read strictly into a msgspec Struct that forbids unknown fields (R7).

What parsers disagree on is refused with 400 (RFC 8259 §4, §9): repeated names, NaN and infinities, lone surrogates, control characters
in texts, a byte order mark, nesting beyond 16. What is readable but wrong is 422 with the field's name; values are never echoed.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn, TypeVar

import msgspec

from sekisho.kernel.errors import SekishoError
from sekisho.texts.catalogue import N_
from sekisho.web.http.faults import malformed, refused_fields
from sekisho.web.http.forms import CONTROLS, shown_name

__all__ = ["as_shape", "body_schema", "parse_json", "read_value"]

Shape = TypeVar("Shape", bound=msgspec.Struct)

_DEEPEST = 16
# Possessive, and an unclosed text takes the rest: one pass whatever is sent.
_TEXTS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_MARKS = re.compile(rb"[\[{\]}]")
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # blanks between the parts may hold line ends
_FIELD = re.compile(r"field `(?P<named>[^`]*)`")
_PATH = re.compile(r"at `\$\.?(?P<path>[^`]*)`")


def parse_json(body: bytes, shape: type[Shape]) -> Shape:
    """The bytes as `shape`, which must be declared with `forbid_unknown_fields=True`."""
    return as_shape(read_value(body), shape)


def as_shape(value: Any, shape: type[Shape]) -> Shape:
    """What `read_value` read, as `shape`; 422 names what is wrong."""
    if not shape.__struct_config__.forbid_unknown_fields:
        raise TypeError(f"{shape.__name__} would accept unknown fields")
    try:
        return msgspec.convert(value, shape, strict=True)
    except msgspec.ValidationError as error:
        raise _refused(str(error)) from None


def read_value(body: bytes) -> Any:
    """The bytes as plain lists, dicts, texts and numbers; 400 where parsers could disagree."""
    _check_depth(body)
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite)
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors too
        raise malformed(f"not JSON: {type(error).__name__}") from None
    if "\\" in text or _ODD.search(text):  # else nothing odd can be in it: raw control characters in a text are no JSON
        _check_texts(value)
    return value


def body_schema(shape: type[Shape]) -> dict[str, Any]:
    """`openapi_extra` of a route that reads `shape`: its request body, with the definitions written out in place."""
    _, parts = msgspec.json.schema_components([shape], ref_template="{name}")
    schema = _inlined({"$ref": shape.__name__}, parts)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _inlined(node: Any, parts: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            return _inlined(parts[node["$ref"]], parts)
        return {key: _inlined(value, parts) for key, value in node.items()}
    return [_inlined(item, parts) for item in node] if isinstance(node, list) else node


def _check_depth(body: bytes) -> None:
    depth = 0
    for sign in _MARKS.findall(_TEXTS.sub(b"", body)):
        depth += 1 if sign in b"[{" else -1
        if depth > _DEEPEST:
            raise malformed("nested too deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise refused_fields({shown_name(name): N_("This field was sent twice.")}, "repeated field")
        found[name] = value
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond all bounds")
    return number


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        if CONTROLS.search(value) or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise malformed("control character or lone surrogate")
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_texts(name)
            _check_texts(item)
    elif isinstance(value, list):
        for item in value:
            _check_texts(item)


def _refused(message: str) -> SekishoError:
    named = _FIELD.search(message)
    path = _PATH.search(message)
    inner = path["path"] if path else ""
    if named is None:
        return refused_fields({shown_name(inner or "body"): N_("This entry is not possible here.")}, "json")
    name = shown_name(f"{inner}.{named['named']}" if inner else named["named"])
    why = N_("This field is missing.") if "missing" in message else N_("This field is not known.")
    return refused_fields({name: why}, "json")
