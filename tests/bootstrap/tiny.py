"""A tiny application and a program that serves it, for the tests of the serving process."""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from sekisho.kernel.errors import Kind, SekishoError

_ANSWERS = {"/-/health/ready": b"ready", "/pid": str(os.getpid()).encode()}


def application(folder):
    """Answers its pid, and waits at /slow; touches a file in the folder when it waits and when its lifespan ends.

    Cannot start beside a file `broken`.
    """
    if (Path(folder) / "broken").exists():
        raise SekishoError(Kind.INVALID, "A key file cannot be used.", "run this and that")
    logging.basicConfig(level=logging.INFO)

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            (Path(folder) / f"ended-{os.getpid()}").touch()
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["path"] == "/slow":
            (Path(folder) / "slow").touch()
            await asyncio.sleep(1)
        body = _ANSWERS.get(scope["path"], json.dumps({"version": scope["http_version"], "path": sys.path[0]}).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return app


def main(folder, https_port, http_port):
    """Serve with certificate and key of the folder; print what the parent has loaded once it serves."""
    from sekisho.bootstrap.serving.plan import ServerPlan
    from sekisho.bootstrap.serving.server import run_server

    def tell():
        heavy = [name for name in ("sqlalchemy", "fastapi", "starlette", "pydantic", "typer", "jinja2") if name in sys.modules]
        sys.stdout.write(json.dumps(heavy) + "\n")
        sys.stdout.flush()

    run_server(
        ServerPlan(
            address="127.0.0.1",
            hostnames=("localhost",),
            https_port=int(https_port),
            http_port=int(http_port),
            certificate=Path(folder) / "live.pem",
            key=Path(folder) / "live.key",
            ca=Path(folder) / "ca.pem",
            factory="tests.bootstrap.tiny:application",
            arguments={"folder": folder},
            ready_file=Path(folder) / "ready.json",
            ready_content={"base_url": f"https://localhost:{https_port}"},
            when_ready=tell,
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
