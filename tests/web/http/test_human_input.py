"""R6: what counts as human input, as a table."""

from __future__ import annotations

import pytest

from sekisho.web.http.human_input import is_human_input

MODE, DEST, USER = "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user"
PRESSED = [(MODE, "navigate"), (DEST, "document"), (USER, "?1")]


@pytest.mark.parametrize(
    ("method", "headers", "csrf_valid", "answers_page", "human"),
    [
        ("POST", [(MODE, "navigate")], True, True, True),
        ("POST", [], True, True, True),
        ("POST", [(MODE, "navigate")], False, True, False),  # a forged form
        ("POST", [], False, True, False),
        ("POST", [(MODE, "cors")], True, True, False),  # fetch, however valid
        ("POST", [(MODE, "same-origin")], True, True, False),
        ("POST", [(MODE, "no-cors")], True, True, False),  # sendBeacon
        ("POST", [(MODE, "navigate"), (MODE, "navigate")], True, True, False),
        ("GET", PRESSED, False, True, True),
        ("GET", PRESSED, False, False, True),
        ("GET", [(MODE, "navigate"), (DEST, "document")], False, True, False),  # a refresh, a script's location
        ("GET", [(MODE, "navigate"), (DEST, "iframe"), (USER, "?1")], False, True, False),
        ("GET", [(MODE, "cors"), (DEST, "empty")], False, True, False),
        ("GET", [(DEST, "document"), (USER, "?0")], False, True, False),
        ("GET", [(USER, "?1")], False, True, False),
        ("GET", [*PRESSED, ("sec-purpose", "prefetch")], False, True, False),
        ("GET", [("purpose", "prefetch")], False, True, False),
        ("GET", [], False, True, True),  # an old browser opens a page
        ("GET", [], False, False, False),  # a session check
        ("HEAD", [], False, True, False),
        ("HEAD", PRESSED, False, True, False),
        ("DELETE", PRESSED, True, True, False),
    ],
)
def test_what_is_human_input(method: str, headers: list[tuple[str, str]], csrf_valid: bool, answers_page: bool, human: bool) -> None:
    lines = [(name.encode(), value.encode()) for name, value in headers]
    assert is_human_input(method, lines, csrf_valid=csrf_valid, answers_page=answers_page) is human
