"""Runs the demo: folder, server, and what is told of it once it serves. The parent imports nothing of the application."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sekisho.bootstrap.logging import start_logging
from sekisho.bootstrap.plans import base_url, server_plan
from sekisho.bootstrap.serving.ready_file import write_ready_file
from sekisho.bootstrap.serving.server import run_server
from sekisho.demo.folder import DemoFolder, Kept, Ports, hold_demo_folder
from sekisho.demo.people import PEOPLE, Begins, Person
from sekisho.demo.process import traffic
from sekisho.kernel.errors import invalid
from sekisho.kernel.times import utc_now
from sekisho.settings import Settings, load_settings

__all__ = ["Opened", "default_folder", "run_demo"]

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Opened:
    """What is told once the demo serves. content: that of the ready file (DESIGN §6)."""

    folder: DemoFolder
    base_url: str
    content: Mapping[str, Any]


def default_folder() -> Path:
    """`sekisho/demo` where the system keeps a person's own data (XDG Base Directory Specification)."""
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share") / "sekisho" / "demo"


def run_demo(root: Path, ports: Ports, ready_file: Path | None, quiet: bool, opened: Callable[[Opened], None]) -> None:
    """Serve until a signal ends it. Raises SekishoError when folder or port are taken. opened: called once it serves, in a thread.

    quiet: without a market.
    """
    with hold_demo_folder(root.resolve()) as folder:
        folder.prepare(ports, utc_now().date())
        settings = load_settings(folder.settings).settings
        _check_stays_here(settings)
        _speak_up_only_for_trouble()
        plan = server_plan(settings, "sekisho.demo.application:application", {"folder": str(folder.root)})

        def tell() -> None:
            told = _told(settings, folder, str(plan.ca or ""))
            for file in files:
                write_ready_file(file, told.content)
            opened(told)

        files = [folder.running, *([ready_file] if ready_file else [])]
        _forget(files)
        try:
            with nullcontext() if quiet else traffic(folder.root):
                run_server(replace(plan, when_ready=tell))
        finally:
            _forget(files)


def _speak_up_only_for_trouble() -> None:
    """The terminal belongs to the table of people; everything else stands in the log of the folder."""
    start_logging("warning")
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.WARNING)  # the server gives its loggers levels of their own


def _check_stays_here(settings: Settings) -> None:
    """The environment may change any setting but this: the demo's codes and passwords lie open (R15)."""
    if settings.server.https_address != _LOOPBACK:
        raise invalid("The demo listens on this machine alone.", f"https_address {settings.server.https_address}: take it away")


def _forget(files: Sequence[Path]) -> None:
    for file in files:
        with suppress(FileNotFoundError):
            file.unlink()


def _told(settings: Settings, folder: DemoFolder, ca: str) -> Opened:
    kept = folder.kept()
    content = {
        "base_url": base_url(settings),
        "http_url": f"http://{settings.server.hostnames[0]}:{settings.server.http_port}",
        "ca_file": ca,
        "outbox_file": str(folder.outbox),
        "settings_file": str(folder.settings),
        "broker_api_key": kept.broker_api_key,
        "traders": [_trader(person, kept) for person in PEOPLE if person.begins is not Begins.NOT_ACTIVATED],
        "to_activate": [_trader(person, kept) for person in PEOPLE if person.begins is Begins.NOT_ACTIVATED],
        "staff": [],
    }
    return Opened(folder, base_url(settings), content)


def _trader(person: Person, kept: Kept) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "username": person.username,
        "password": kept.passwords.get(person.username, ""),
        "phone": person.phone,
        "email": person.email,
        "accounts": [{"number": number, "role": role.value} for number, role in person.accounts.items()],
        "begins": person.begins.value,
    }
    if person.begins is Begins.NOT_ACTIVATED:
        facts["activation_code"] = kept.activation_codes.get(person.username, "")
    return facts
