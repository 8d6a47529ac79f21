"""The demo's ASGI application: the house of `serve`, peopled, with a sender that writes to a file and pages of its own."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

from starlette.types import ASGIApp

from sekisho.bootstrap.application import start
from sekisho.bootstrap.house import House, open_house
from sekisho.bootstrap.logging import start_logging
from sekisho.demo.door import demo_routes
from sekisho.demo.folder import DemoFolder
from sekisho.demo.networks import DemoGeodata
from sekisho.demo.outbox_file import OutboxFile
from sekisho.demo.seeding import seed
from sekisho.domain.notifications import Channel
from sekisho.kernel.errors import SekishoError
from sekisho.settings import load_settings

__all__ = ["application"]


def application(folder: str) -> ASGIApp:
    """What `sekisho demo` runs in its worker. folder: the demo's, held by the parent."""
    demo = DemoFolder(Path(folder))
    settings = load_settings(demo.settings).settings
    log = os.open(demo.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    start_logging(settings.logging.level, settings.logging.format, os.fdopen(log, "w", buffering=1, encoding="utf-8"))
    try:
        opened = open_house(settings)
        house = replace(opened, geodata=DemoGeodata(opened.geodata))
        outbox = OutboxFile(demo.outbox)
        _off_the_loop(house, demo, outbox)
    except Exception as error:  # the log is a file; who sits at the terminal must hear of this
        why = error.detail or error.public_message if isinstance(error, SekishoError) else type(error).__name__
        sys.stderr.write(f"sekisho: the demo cannot start ({why}); {demo.log} says more, an empty --data folder begins anew\n")
        raise
    return start(house, dict.fromkeys((Channel.SMS, Channel.EMAIL), outbox), lambda deps: demo_routes(house, demo, outbox))


def _off_the_loop(house: House, demo: DemoFolder, outbox: OutboxFile) -> None:
    """Seeding runs a loop of its own, which must not meddle with the one that the server has made for this thread."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            seed(house, demo, outbox)
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run, name="seeding")
    thread.start()
    thread.join()
    if faults:
        house.storage.close()
        raise faults[0]
