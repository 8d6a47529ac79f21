"""Reading a body: once, whole, and never more than is borne."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from sekisho.web.http.exchange import header_values
from sekisho.web.http.faults import malformed, timed_out, too_large, unsupported

__all__ = ["LARGEST_BATCH", "LARGEST_BODY", "PATIENCE", "read_body", "require_media_type"]

LARGEST_BODY = 64 * 1024
LARGEST_BATCH = 1024 * 1024  # of the broker's systems
PATIENCE = 10.0  # seconds that a body may take
_KEY = "sekisho.body"
_PARAMETERS = frozenset({"", "charset=utf-8", 'charset="utf-8"', "charset=utf8", 'charset="utf8"'})


async def read_body(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """The whole body, kept for a second reader. 413 beyond `largest` bytes, 400 when the client goes away halfway."""
    kept = request.scope.get(_KEY)
    if isinstance(kept, bytes):
        return kept
    pieces = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                pieces += piece
                if len(pieces) > largest:
                    raise too_large(f"body over {largest} bytes")
    except TimeoutError:
        raise timed_out("body") from None
    except ClientDisconnect:
        raise malformed("the body was cut off") from None
    body = request.scope[_KEY] = bytes(pieces)
    return body


def require_media_type(request: Request, media_type: str) -> None:
    """415 unless the body is declared once, as this type in UTF-8, and not compressed (a bomb would pass the size cap)."""
    headers = request.scope["headers"]
    if any(value.strip().lower() not in ("", "identity") for value in header_values(headers, b"content-encoding")):
        raise unsupported("content encoding")
    declared = header_values(headers, b"content-type")
    if len(declared) != 1 or len(declared[0]) > 100:
        raise unsupported("content type")
    named, *parameters = (part.strip().lower() for part in declared[0].split(";"))
    if named != media_type or any(part not in _PARAMETERS for part in parameters):
        raise unsupported("content type")
