"""R6: which requests are a human's doing, and so put off the automatic logoff (N50)."""

from __future__ import annotations

from collections.abc import Iterable

from sekisho.web.http.exchange import header_values

__all__ = ["is_human_input"]


def is_human_input(method: str, headers: Iterable[tuple[bytes, bytes]], *, csrf_valid: bool = False, answers_page: bool = True) -> bool:
    """Whether this request is human input.

    POST: a form with a valid CSRF token, `Sec-Fetch-Mode: navigate` or the header absent.
    GET: a top-level navigation, `Sec-Fetch-Dest: document` with `Sec-Fetch-User: ?1`; where the headers are absent (old
    browsers), a GET that answers a page. A refresh, a redirect, a fetch, a stream, a prefetch never counts; nor does a doubled header.
    """
    lines = list(headers)
    if header_values(lines, b"purpose") or header_values(lines, b"sec-purpose"):
        return False
    mode, dest, pressed = (header_values(lines, name) for name in (b"sec-fetch-mode", b"sec-fetch-dest", b"sec-fetch-user"))
    if method == "POST":
        return csrf_valid and mode in ([], ["navigate"])
    if method != "GET":
        return False
    if not mode and not dest and not pressed:
        return answers_page
    return mode in ([], ["navigate"]) and dest == ["document"] and pressed == ["?1"]
