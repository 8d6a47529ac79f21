"""The peer of the session check: an empty async Starlette route behind the same middlewares, TLS and server (DESIGN §7).

As a program it serves that: `python -m bench.peer CONFIG PORT READY`, with the settings and certificate of the real server.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sekisho.bootstrap.logging import start_logging
from sekisho.bootstrap.metrics import Metrics
from sekisho.bootstrap.plans import server_plan
from sekisho.bootstrap.serving.server import run_server
from sekisho.settings import Settings, load_settings
from sekisho.web.http.errors import Errors
from sekisho.web.http.stack import HttpSettings, behind
from sekisho.web.kit.language import chosen_language

__all__ = ["application"]


def application(config: str) -> ASGIApp:
    """Two routes: the empty one, and what the server asks before it calls itself ready."""
    settings = _settings(config)
    start_logging(settings.logging.level, settings.logging.format)
    errors = Errors(lambda exchange, status, text, fields, request_id: Response(text, status))
    routes = [Route("/empty", _empty), Route("/-/health/ready", _empty)]
    return behind(
        Starlette(routes=routes), HttpSettings(settings.server.hostnames, measure=Metrics.create().request), errors, chosen_language
    )


async def _empty(request: Request) -> Response:
    return Response(b"", media_type="application/json")


def _settings(config: str) -> Settings:
    return load_settings(Path(config)).settings


def main(config: str, port: str, ready: str) -> None:
    settings = _settings(config)
    start_logging(settings.logging.level, settings.logging.format)
    plan = server_plan(settings, "bench.peer:application", {"config": config}, Path(ready))
    run_server(replace(plan, https_port=int(port), http_port=None))


if __name__ == "__main__":
    main(*sys.argv[1:])
