"""R9: while the house is closed every door answers 503; only its health can be asked, and pages keep their look."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from sekisho.kernel.errors import unavailable

__all__ = ["WhileClosed"]


class WhileClosed:
    """why: "" when the house is open. still: beginnings of paths that are answered all the same; they let nobody in."""

    def __init__(self, app: ASGIApp, why: Callable[[], str], still: tuple[str, ...]) -> None:
        self.app = app
        self.why = why
        self.still = still

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (why := self.why()) and not scope["path"].startswith(self.still):
            raise unavailable(f"the house is closed: {why}")
        await self.app(scope, receive, send)
