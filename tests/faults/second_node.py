"""A second node on the same PostgreSQL, and a cable to it that can be cut."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import make_url

from tests.faults.processes import Brokerage
from tests.ports import free_port

__all__ = ["Cable", "second_node"]


@contextmanager
def second_node(first: Brokerage, database: str = "") -> Iterator[Brokerage]:
    """Serves beside the first one: own ports, data folder and local CA; the same keys, database and signed heads.

    database: another way to the same one, such as a cable's.
    """
    folder = first.folder.with_name(first.folder.name + "-second")
    (folder / "data").mkdir(mode=0o700, parents=True)
    node = replace(first, folder=folder, https=free_port(), process=None)
    text = first.config.read_text()
    for name, port in (("https_port", node.https), ("http_port", free_port())):
        text = re.sub(rf"^{name} = \d+", f"{name} = {port}", text, flags=re.MULTILINE)
    text = text.replace(f'data_folder = "{first.folder}/data"', f'data_folder = "{folder}/data"')
    if database:
        text = text.replace(f'url = "{first.database}"', f'url = "{database}"')
    node.config.write_text(text)
    try:
        node.start()
        yield node
    finally:
        node.stop()


class Cable:
    """Between a node and PostgreSQL's socket. Cut, nothing comes through and nothing is said, as when a switch dies."""

    def __init__(self, url: str, folder: Path) -> None:
        parts = make_url(url)
        self._server = str(Path(str(parts.query["host"])) / ".s.PGSQL.5432")
        self._folder = folder
        folder.mkdir(mode=0o700)
        self.url = parts.update_query_dict({"host": str(folder)}).render_as_string(hide_password=False)
        self._whole = threading.Event()
        self._whole.set()
        self._ends: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    def close(self) -> None:
        for end in [self._listener, *self._ends]:
            with suppress(OSError):
                end.close()

    def _accept(self) -> None:
        while True:
            try:
                node, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            self._ends += [node, server]
            for source, sink in ((node, server), (server, node)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._whole.wait()
                sink.sendall(data)
        except OSError:
            pass
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
