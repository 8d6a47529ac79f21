"""Forms and JSON are read strictly: 400, 413, 415 or 422, never a guess and never a 500."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec
import pytest
from starlette.requests import Request

from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from sekisho.web.http.body import require_media_type
from sekisho.web.http.faults import HttpFault
from sekisho.web.http.forms import Lines, into, parse_form
from sekisho.web.http.json import body_schema, parse_json


class Do(StrEnum):
    SEND = "send"


@dataclass(frozen=True)
class PasswordForm:
    username: str
    password: Secret
    remember: bool = False
    minutes: int = 10
    do: Do = Do.SEND


@dataclass(frozen=True)
class NetworksForm:
    networks: Lines


class Login(msgspec.Struct, forbid_unknown_fields=True):
    username: str
    tries: int = 0


def status_of(error: SekishoError) -> int:
    return error.status if isinstance(error, HttpFault) else {Kind.INVALID: 422, Kind.UNSUPPORTED: 415, Kind.TOO_LARGE: 413}[error.kind]


def test_a_form_becomes_its_dataclass() -> None:
    fields = parse_form(b"username=%E9%96%A2+x&password=a%2Bb%26%3D&remember=on&minutes=5&do=send&csrf=t")
    assert into(PasswordForm, fields) == PasswordForm("関 x", Secret("a+b&="), True, 5, Do.SEND)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"a=1&a=1", 422), (b"a=1&%61=2", 422),
        (b"a", 400), (b"a=1&", 400), (b"&a=1", 400), (b"=1", 400), (b"a=1=2", 400),
        (b"a=%", 400), (b"a=%4", 400), (b"a=%zz", 400), (b"a=%C3", 400), (b"a=%ED%A0%80", 400), (b"a=\xc3\xa9", 400),
        (b"a=%00", 400), (b"a=%0B", 400), (b"a=%1b", 400), (b"a=%7F", 400), (b"a=%C2%85", 400), (b"a=x\n", 400), (b"a=b c", 400),
        (b"&".join(b"f%d=1" % n for n in range(65)), 400),
    ],
)  # fmt: skip
def test_what_no_browser_writes_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(SekishoError) as caught:
        parse_form(body)
    assert status_of(caught.value) == status


@pytest.mark.parametrize("body", [b"username=a%0A&password=b", b"username=a&password=b%0d%0a", b"username=a%09b&password=b"])
def test_line_ends_and_tabs_belong_to_fields_of_several_lines_alone(body: bytes) -> None:
    with pytest.raises(SekishoError) as caught:
        into(PasswordForm, parse_form(body))
    assert status_of(caught.value) == 400
    assert into(NetworksForm, parse_form(b"networks=a%09b%0d%0ac")) == NetworksForm(Lines("a\tb\r\nc"))


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"username": "a"}, {"password"}),
        ({"username": "a", "password": "b", "admin": "1"}, {"admin"}),
        ({"username": "a", "password": "b", "detail": "1", "public_message": "2"}, {"detail", "public_message"}),
        ({"username": "a", "password": "b", "\u202e<x>": "1"}, {"?"}),
        ({"username": "a", "password": "b", "remember": "yes", "minutes": "1e3", "do": "drop"}, {"remember", "minutes", "do"}),
        ({"username": "a" * 4097, "password": "b"}, {"username"}),
    ],
)
def test_every_refused_field_is_named(fields: dict[str, str], refused: set[str]) -> None:
    with pytest.raises(SekishoError) as caught:
        into(PasswordForm, fields)
    assert caught.value.kind is Kind.INVALID and set(caught.value.fields) == refused


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"nul", 400), (b"\xef\xbb\xbf{}", 400), (b"\xff", 400), (b"{} {}", 400), (b"{'a':1}", 400),
        (b'{"username":NaN}', 400), (b'{"tries":-Infinity,"username":"a"}', 400), (b'{"tries":1e999,"username":"a"}', 400),
        (b'{"tries":' + b"9" * 5000 + b"}", 400),
        (b'{"username":"\\ud800"}', 400), (b'{"username":"\\u0000"}', 400), (b'{"username":"a\\nb"}', 400), (b'{"user\\nname":"a"}', 400),
        (b"[" * 17 + b"]" * 17, 400), (b"[" * 60_000, 400), (b'{"a":' * 17 + b"1" + b"}" * 17, 400),
        (b'{"username":"a","username":"b"}', 422), (b'{"username":"a","x":{"k":1,"k":1}}', 422), (b'{"detail":1,"detail":2}', 422),
        (b"{}", 422), (b"[]", 422), (b'"a"', 422), (b'{"username":1}', 422), (b'{"username":null}', 422), (b'{"username":"a","z":1}', 422),
        (b'{"username":"a","tries":"1"}', 422), (b'{"username":"a","tries":true}', 422), (b'{"username":"a","detail":1}', 422),
    ],
)  # fmt: skip
def test_json_that_parsers_disagree_on_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(SekishoError) as caught:
        parse_json(body, Login)
    assert status_of(caught.value) == status


def test_json_is_read_into_its_struct() -> None:
    assert parse_json('{"username":"関 [[[[[[[[[[[[[[[[[[","tries":2}'.encode(), Login) == Login("関 [[[[[[[[[[[[[[[[[[", 2)


def test_a_struct_that_takes_unknown_fields_is_a_mistake_of_ours() -> None:
    class Loose(msgspec.Struct):
        username: str

    with pytest.raises(TypeError):
        parse_json(b"{}", Loose)


def test_the_openapi_schema_of_a_body_stands_alone() -> None:
    schema = body_schema(Login)["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["username"] and schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ([("content-type", "application/json")], True),
        ([("content-type", "Application/JSON; charset=UTF-8")], True),
        ([("content-type", "application/json"), ("content-encoding", "identity")], True),
        ([], False),
        ([("content-type", "application/json"), ("content-type", "application/json")], False),
        ([("content-type", "application/json; charset=utf-16")], False),
        ([("content-type", "text/plain")], False),
        ([("content-type", "application/jsonx")], False),
        ([("content-type", "application/json"), ("content-encoding", "gzip")], False),
    ],
)
def test_the_type_of_a_body_is_declared_once(headers: list[tuple[str, str]], accepted: bool) -> None:
    request = Request({"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers]})
    try:
        require_media_type(request, "application/json")
    except SekishoError as error:
        assert not accepted and error.kind is Kind.UNSUPPORTED
    else:
        assert accepted
