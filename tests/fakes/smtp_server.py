"""A fake mail server: real SMTP over real TLS on loopback (aiosmtpd), which takes mail well, badly, late or not at all; and one that
speaks a script over a bare socket, for what no honest server does."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as SMTP_POLICY
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

__all__ = ["NAME", "PASSWORD", "FakeSmtpServer", "Taken", "fake_smtp_server", "scripted_server"]

NAME, PASSWORD = "notices", "hush-hush-password"


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail as it was handed over, with its envelope."""

    sender: str
    to: list[str]
    data: bytes

    @property
    def mail(self) -> EmailMessage:
        return cast(EmailMessage, BytesParser(policy=SMTP_POLICY).parsebytes(self.data))

    def text(self, subtype: str) -> str:
        part = self.mail.get_body((subtype,))
        assert part is not None
        return str(part.get_content())


@dataclass
class FakeSmtpServer:
    """at_rcpt, at_data: what it answers there instead of taking the mail, as long as it is set. cut_in_data: it takes the mail and hangs
    up without a word. logins: names that got in."""

    port: int = 0
    at_rcpt: str = ""
    at_data: str = ""
    cut_in_data: bool = False
    taken: list[Taken] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.at_rcpt:
            return self.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.at_data:
            return self.at_data
        self.taken.append(Taken(envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content))
        if self.cut_in_data:
            server.transport.abort()
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (NAME.encode(), PASSWORD.encode())
        if right:
            self.logins.append(NAME)
        return AuthResult(success=right, handled=False)


@contextmanager
def fake_smtp_server(tls: ssl.SSLContext | None, implicit: bool = True, **demands: Any) -> Iterator[FakeSmtpServer]:
    """tls: None for a server that knows none. demands: further arguments of aiosmtpd's SMTP."""
    fake = FakeSmtpServer()
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        offered = tls if not implicit else None
        return SMTP(fake, tls_context=offered, authenticator=fake.authenticate, auth_require_tls=not implicit, loop=loop, **demands)

    listening = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if implicit else None))
    fake.port = listening.sockets[0].getsockname()[1]
    serving = threading.Thread(target=loop.run_forever, daemon=True)
    serving.start()
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(loop.stop)
        serving.join(5)
        listening.close()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


@contextmanager
def scripted_server(script: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """Runs the script for each connection until the test is over (the event tells it); yields the port."""
    listening, closing = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def speak(line: socket.socket) -> None:
        with suppress(OSError), line:
            script(line, closing)

    def serve() -> None:
        while not closing.is_set():
            try:
                line, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=speak, args=(line,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        closing.set()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
