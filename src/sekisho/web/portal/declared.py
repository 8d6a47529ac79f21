"""Where the portal's modules declare their routes."""

from __future__ import annotations

from sekisho.web.http.routes import Door

__all__ = ["portal"]

portal = Door("portal")
