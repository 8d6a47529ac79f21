"""Runs the server until a signal ends it: the parent process of `sekisho serve` and `sekisho demo`.

    SIGTERM, SIGINT   end: streams are told, requests in flight get up to 10 s
    SIGHUP            take up a renewed certificate: a new worker starts, then the old one leaves (`serving.leaving`)
    SIGHUP with a certificate that cannot be read or does not fit its key: nothing changes, and the log says why

The parent imports nothing of the application. The worker is spawned, not forked: it inherits no connection of the
plain-http door, no lock and no thread's half-done work.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any

from granian._granian import ListenerSpec
from granian.constants import Interfaces, Loops, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.mp import MPServer

from sekisho.bootstrap.serving.folder_lock import claim_port
from sekisho.bootstrap.serving.leaving import MOVING
from sekisho.bootstrap.serving.plain_http import PlainHttp
from sekisho.bootstrap.serving.plain_request import Doorway
from sekisho.bootstrap.serving.plan import ServerPlan
from sekisho.bootstrap.serving.ready_file import wait_until_ready, write_ready_file
from sekisho.bootstrap.serving.worker import load_application

__all__ = ["run_server"]

_log = logging.getLogger(__name__)
_KILL_AFTER = 10  # seconds that a worker has to end
_TAKE_OVER = 5.0  # seconds in which a new worker comes up before the old one ends
_LOOK_AT_CERTIFICATE = 12 * 3600.0
_HEADERS = 32 * 1024


class _Server(MPServer):
    """granian with one worker. A reload reads the certificate's paths anew, and checks it before the old worker goes."""

    def __init__(self, plan: ServerPlan) -> None:
        self._plan = plan
        super().__init__(
            plan.factory,
            address=plan.address,
            port=plan.https_port,
            interface=Interfaces.ASGI,
            loop=Loops.asyncio,
            websockets=False,
            http1_settings=HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 * 1024),
            http2_settings=HTTP2Settings(max_concurrent_streams=100, max_headers_size=_HEADERS, keep_alive_interval=30_000),
            ssl_cert=plan.certificate,
            ssl_key=plan.key,
            ssl_protocol_min=SSLProtocols.tls12,
            respawn_failed_workers=True,
            respawn_interval=_TAKE_OVER,
            workers_kill_timeout=_KILL_AFTER,
            log_dictconfig=_through_our_log(),
        )

    def _init_shared_socket(self) -> None:
        """One listening socket for every worker that comes, held here: what waits to be accepted outlives the worker that would have
        taken it. By granian's own way on Linux each worker has a socket, and what waits at the old one's is reset when it goes.
        """
        self._ssp = None
        self._shd: Any = ListenerSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._sfd = self._shd.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)

    def signal_handler_reload(self, *arguments: Any) -> None:
        """Symbolic links are followed again: that is how certbot renews."""
        plan = self._plan
        try:
            self.build_ssl_context(plan.certificate, plan.key, None, SSLProtocols.tls12, None, [], False)
        except (OSError, ssl.SSLError) as error:
            _log.error("the certificate is not taken up, the old one stays in use: %s", error)
            return
        replace_worker: Callable[..., None] = super().signal_handler_reload
        replace_worker(*arguments)

    def _respawn_workers(self, workers: Sequence[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        """A worker that is replaced, not one that died, is asked to leave before it is stopped."""
        if delay > MOVING:
            leaving = [self.wrks[index].inner for index in workers]
            threading.Timer(delay - MOVING, _ask_to_leave, (leaving,)).start()
        super()._respawn_workers(workers, spawn_target, target_loader, delay)


def _ask_to_leave(workers: Sequence[BaseProcess]) -> None:
    for worker in workers:
        if worker.pid is not None and worker.is_alive():
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGUSR1)


def _through_our_log() -> dict[str, Any]:
    """granian's own lines go where ours go, instead of to handlers of its own."""
    return {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"handlers": [], "propagate": True}}}


def run_server(plan: ServerPlan) -> None:
    """Serve until SIGTERM or SIGINT. From the main thread only; SystemExit with a code when the worker cannot live.

    SekishoError (conflict) when a port is taken. The caller holds the data folder (`folder_lock.hold_folder`).
    """
    _spawn_bare_workers()
    claim_port(plan.address, plan.https_port)
    stop = threading.Event()
    plain = _open_plain_door(plan)
    server = _Server(plan)
    _forget_ready(plan)
    if plain:
        plain.start()
    for job in (_announce, _keep_certificate):
        threading.Thread(target=job, args=(plan, stop), name=job.__name__.strip("_"), daemon=True).start()
    try:
        server.serve(target_loader=partial(load_application, plan.factory, dict(plan.arguments), plan.https_port), wrap_loader=False)
    finally:
        stop.set()
        if plain:
            plain.stop()
        _forget_ready(plan)


def _spawn_bare_workers() -> None:
    """Workers start from a fresh interpreter that runs nothing of the command line that started us."""
    multiprocessing.set_start_method("spawn", force=True)
    os.environ.setdefault("MALLOC_ARENA_MAX", "1")  # of one alone `malloc_trim` gives everything back
    main = sys.modules["__main__"]
    main.__spec__ = None
    vars(main).pop("__file__", None)


def _open_plain_door(plan: ServerPlan) -> PlainHttp | None:
    if plan.http_port is None:
        return None
    claim_port(plan.address, plan.http_port)
    names = tuple(name.lower().strip("[]") for name in plan.hostnames)
    return PlainHttp(plan.address, plan.http_port, Doorway(names, plan.reached_at))


def _forget_ready(plan: ServerPlan) -> None:
    if plan.ready_file:
        with suppress(OSError):
            plan.ready_file.unlink(missing_ok=True)


def _announce(plan: ServerPlan, stop: threading.Event) -> None:
    if wait_until_ready(plan.address, plan.https_port, plan.hostnames[0], plan.ca, stop):
        if plan.ready_file:
            write_ready_file(plan.ready_file, plan.ready_content)
        plan.when_ready()


def _keep_certificate(plan: ServerPlan, stop: threading.Event) -> None:
    """A server that runs for a year must not end up with an expired certificate."""
    while plan.renew_certificate is not None and not stop.wait(_LOOK_AT_CERTIFICATE):
        try:
            if plan.renew_certificate():
                os.kill(os.getpid(), signal.SIGHUP)
        except Exception:
            _log.exception("the certificate could not be renewed; the next try is in 12 hours")
