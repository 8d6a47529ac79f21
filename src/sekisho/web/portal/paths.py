"""Where a form may lead back to: pages of the portal, and nowhere else (V3.7.2)."""

from __future__ import annotations

import re
from functools import cache

from starlette.routing import compile_path

from sekisho.web.kit.language import own_path
from sekisho.web.portal.declared import portal

__all__ = ["own_page"]

NO_PAGES = frozenset({"/logged-off", "/session/state", "/security/history.csv", "/favicon.ico", "/robots.txt"})


def own_page(path: str) -> str:
    """`path` when it is that of a page of the portal, else `/`."""
    plain = own_path(path)
    return plain if any(pattern.match(plain) for pattern in _pages()) else "/"


@cache
def _pages() -> tuple[re.Pattern[str], ...]:
    paths = {route.path for route in portal.declared if route.method == "GET"} - NO_PAGES
    return tuple(compile_path(path)[0] for path in sorted(paths) if not path.startswith("/.well-known"))
