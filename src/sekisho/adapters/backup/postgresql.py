"""Copying PostgreSQL by pg_dump, and putting the copy back by pg_restore and psql (R9).

The password goes in the environment of the programs, never on a command line, where every account could read it. The copy is put back in
one transaction whose last statement but COMMIT closes it: cut at any moment, the database is as empty as before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Thread
from typing import IO, Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from sekisho.adapters.backup.contents import CLOSE, contents_of
from sekisho.adapters.backup.file import BackupWriter, Told
from sekisho.adapters.backup.manifest import Contents
from sekisho.kernel.errors import Kind, SekishoError, invalid, unavailable

__all__ = ["check_empty", "dump_postgresql", "put_back_postgresql"]

_CHUNK = 1 << 20
_TABLES = (
    "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname !~ '^(pg_|information_schema$)' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"
)


def dump_postgresql(url: URL, writer: BackupWriter, told: Told) -> Contents:
    """SekishoError UNAVAILABLE when the database or pg_dump fails, INVALID when there is no pg_dump."""
    program = _program("pg_dump")
    with _connected(url) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = str(_first(connection, "SELECT pg_export_snapshot()")[0])
        contents = contents_of(lambda statement: _first(connection, statement))
        run = [program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--dbname={_conninfo(url)}"]
        with _started(run, url, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as (dump, complaints):
            while chunk := _out(dump).read(_CHUNK):
                writer.write(chunk)
                told(writer.size, None)
            _check(dump, complaints)
    return contents


def check_empty(url: URL) -> None:
    """SekishoError CONFLICT when there are tables, of whomever; INVALID when a program is missing."""
    _program("pg_restore")
    _program("psql")
    with _connected(url) as connection:
        if _first(connection, _TABLES)[0]:
            raise SekishoError(
                Kind.CONFLICT,
                "The database is not empty. Stop every `sekisho serve`, make a new one with `createdb`, and name it in database.url.",
                str(url.database),
            )


def put_back_postgresql(content: Iterable[bytes], url: URL, now_ms: int) -> None:
    """All of it in one commit, or nothing. SekishoError says what PostgreSQL says."""
    check_empty(url)
    run = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={_conninfo(url)}"]
    with _started(run, url, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as (psql, complaints):
        with suppress(BrokenPipeError):  # psql has ended: why, it says itself
            _feed(psql, content, url)
            _in(psql).write(f"RESET search_path;\n{CLOSE.format(now=int(now_ms))};\nCOMMIT;\n".encode())
            _in(psql).close()
        _check(psql, complaints)


def _feed(psql: subprocess.Popen[bytes], content: Iterable[bytes], url: URL) -> None:
    """The archive becomes SQL. Without COMMIT at its end psql does nothing, however we die."""
    _in(psql).write(b"BEGIN;\n")
    script = [_program("pg_restore"), "--file=-", "--no-owner", "--no-privileges"]
    with _started(script, url, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as (restore, complaints):
        feeder = Thread(target=_pour, args=(content, _in(restore)), daemon=True)
        feeder.start()
        while chunk := _out(restore).read(_CHUNK):
            _in(psql).write(chunk)
        feeder.join()
        _check(restore, complaints)


def _pour(content: Iterable[bytes], into: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        for chunk in content:
            into.write(chunk)
        into.close()


@contextmanager
def _started(command: list[str], url: URL, stdin: int, stdout: int) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """The program, ended whatever happens, and what it writes on standard error."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, env=_environment(url), stdin=stdin, stdout=stdout, stderr=complaints)
        try:
            yield process, complaints
        finally:
            if process.poll() is None:
                process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
            process.wait()


def _check(process: subprocess.Popen[bytes], complaints: IO[bytes]) -> None:
    if process.wait() != 0:
        complaints.seek(0)
        lines = complaints.read(4096).decode("utf-8", "replace").splitlines() or [""]
        told = next((line for line in lines if "error" in line.lower()), lines[0])
        raise unavailable(f"{os.path.basename(str(process.args[0]))}: {told[:300]}")  # type: ignore[index]  # we gave it a list


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise invalid(
            "A program of PostgreSQL's client is missing. Install it, not older than the server.",
            f"{name}; for instance: apt-get install postgresql-client",
        )
    return found


@contextmanager
def _connected(url: URL) -> Iterator[psycopg.Connection[Any]]:
    try:
        with psycopg.connect(_conninfo(url), password=url.password, connect_timeout=5) as connection:
            yield connection
    except psycopg.Error as error:
        raise unavailable(f"database: {type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}") from error


def _first(connection: psycopg.Connection[Any], statement: str) -> Any:
    return connection.execute(statement.encode()).fetchone()


def _conninfo(url: URL) -> str:
    """How to connect, without the password: every account of the machine can read a command line."""
    named = url.set(password=None).translate_connect_args(username="user", database="dbname")
    asked = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    if "sslpassword" in asked or "password" in asked:
        raise invalid("Name the password in database.password, not in the query of database.url.", "database.url")
    return make_conninfo("", **{**asked, **named, "application_name": "sekisho"})


def _environment(url: URL) -> Mapping[str, str]:
    secret = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    return {**os.environ, **secret}


def _in(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def _out(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout
