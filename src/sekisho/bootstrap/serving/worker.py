"""What runs in the worker before the application: it must not outlive its parent, nor load foreign modules."""

from __future__ import annotations

import atexit
import importlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import wait
from typing import Any

from sekisho.bootstrap.serving.leaving import Leaving
from sekisho.kernel.errors import SekishoError

__all__ = ["load_application"]

_log = logging.getLogger(__name__)
_LAST_BREATH = 3.0  # seconds to end cleanly once the parent is gone


def load_application(factory: str, arguments: Mapping[str, str], port: int) -> Callable[..., Any]:
    """The ASGI application of `package.module:function`. port: where TLS listens, to be left to a successor.

    Instead of granian's own loader, which puts the working directory first on Python's path: whoever can write
    there could replace any module.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends us
    atexit.register(_leave)  # the first one registered is the last to run
    _end_with_parent()
    module, _, function = factory.partition(":")
    try:
        application: Callable[..., Any] = getattr(importlib.import_module(module), function)(**arguments)
    except SekishoError as error:  # a setting or key that the operator can put right: its words, no traceback
        _log.critical("the application cannot start: %s", error.detail or error.public_message)
        sys.exit(1)
    return Leaving(application, port)


def _leave() -> None:
    """End here, after all clean-up of the application, instead of taking the interpreter apart.

    Threads of the server that still hold Python objects abort the process when they meet a half-gone interpreter, and
    a password hash in flight would be waited for.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


def _end_with_parent() -> None:
    """Without its parent nobody could stop or replace this worker, and the data folder's lock is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_LAST_BREATH)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
