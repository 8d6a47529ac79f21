"""A line to the firm's mail server under the rules of all outgoing calls (R15): one look-up, public addresses unless the firm names
others, TLS 1.2 or nothing, and one deadline for look-up, connection, handshake and every byte.

smtplib would look the name up again, and its own time-out begins anew with each byte.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from sekisho.adapters.outbound.addresses import Resolver, admitted, look_up
from sekisho.adapters.outbound.pinned import Deadline, connected
from sekisho.domain.notifications.policies import OutboundPolicy
from sekisho.kernel.errors import invalid

__all__ = ["SmtpLine", "SmtpServer"]

_FAREWELL = 1.0  # seconds for a good-bye, on which nothing depends


class SmtpServer:
    """Where it is and how it is spoken to. ca_file: instead of the system's authorities; INVALID when it cannot be read."""

    def __init__(
        self,
        host: str,
        port: int,
        tls: Literal["implicit", "starttls"],
        ca_file: str | None,
        outbound: OutboundPolicy,
        resolver: Resolver = look_up,
    ) -> None:
        self.host = host
        self.port = port
        self.tls = tls
        try:
            self.context = ssl.create_default_context(cafile=ca_file)
        except OSError as error:  # ssl.SSLError, for a file without certificates, is one
            why = error.strerror or "holds no certificates"
            raise invalid("The certificate authorities of the mail server cannot be read.", f"mail.ca_file: {why}") from None
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._networks = outbound.networks()
        self._resolver = resolver

    @contextmanager
    def line(self, own_name: str, seconds: float) -> Iterator[SmtpLine]:
        """An encrypted line, greeted. own_name: as which we greet. It is cut after `seconds`, whatever the server does.

        Raises OutboundFailure, OSError (ssl.SSLError, TimeoutError) or smtplib.SMTPException; SMTPNotSupportedError: no STARTTLS.
        """
        deadline = Deadline(seconds)
        addresses = admitted(self._resolver, self.host, self.port, self._networks, deadline.left())
        line = SmtpLine(self, own_name, deadline)
        cut = threading.Timer(deadline.left(), line.cut)
        cut.daemon = True
        cut.start()
        try:
            line.open(connected(addresses, self.port, deadline))
            yield line
            line.take_leave()
        except OSError:
            if deadline.over:
                raise TimeoutError from None  # smtplib takes the cut for a lost connection, or half a line for an answer
            raise
        finally:
            cut.cancel()
            line.close()


class SmtpLine(smtplib.SMTP):
    """smtplib on a connection that is there already."""

    def __init__(self, server: SmtpServer, own_name: str, deadline: Deadline) -> None:
        super().__init__(local_hostname=own_name, timeout=deadline.left())
        self._host = server.host  # smtplib checks the certificate of STARTTLS against it
        self._server = server
        self._deadline = deadline
        self._plain: socket.socket | None = None

    def open(self, plain: socket.socket) -> None:
        self._plain = plain
        code, said = self.connect(self._server.host, self._server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if self._server.tls != "implicit":
            self._wait_at_most(self._deadline.left())  # a handshake takes its time-out as a deadline of its own
            self.starttls(context=self._server.context)
        self._wait_at_most(self._deadline.left())

    def cut(self) -> None:
        for line in (self.sock, self._plain):
            if line is not None:
                with suppress(OSError):
                    socket.socket.shutdown(line, socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self._plain is not None:
            self._plain.close()

    def take_leave(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._wait_at_most(min(_FAREWELL, self._deadline.left()))
            self.quit()

    def _wait_at_most(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Called by `connect`. Under implicit TLS the handshake comes before the first word."""
        assert self._plain is not None
        self._plain.settimeout(self._deadline.left())
        if self._server.tls != "implicit":
            return self._plain
        return self._server.context.wrap_socket(self._plain, server_hostname=host)
