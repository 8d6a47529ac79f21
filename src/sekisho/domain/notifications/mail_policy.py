"""How notices leave by e-mail: the firm's mail server, always under TLS, and the signature of its domain (R10, J09)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from sekisho.kernel.bounds import within
from sekisho.kernel.secrets import Secret

__all__ = ["MailPolicy"]

_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """The firm's mail server. Plain connections are never used: without TLS nothing is sent.

    host: its name, as its certificate says it.
    port: 465 for TLS from the start, 587 for STARTTLS.
    tls: "implicit" or "starttls".
    from_address: the sender that customers see.
    from_name: the name beside it; the firm's when empty.
    bounce_address: where mails that cannot be delivered come back to; the sender when empty. See `sekisho outbox bounce`.
    username: for servers that ask for a login.
    password: the same; better from a file (`password_file`).
    ca_file: trusted instead of the system's certificate authorities.
    dkim_domain: the domain that signs; without one mails are not signed, and receivers may take them for false ones.
    dkim_selector: the name of its key in the DNS.
    dkim_key_file: the RSA key; `sekisho mail dkim-key FILE` makes one and says what belongs into the DNS.
    total_time: one mail takes at most so long, from the look-up of the name to the server's last word.
    """

    host: str
    from_address: str
    port: int = 465
    tls: Literal["implicit", "starttls"] = "implicit"
    from_name: str = ""
    bounce_address: str = ""
    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    ca_file: str | None = None
    dkim_domain: str = ""
    dkim_selector: str = "sekisho"
    dkim_key_file: Path | None = None
    total_time: timedelta = timedelta(seconds=9)

    def __post_init__(self) -> None:
        within("mail.port", self.port, 1, 65535, source="RFC 8314")
        within("mail.total_time", self.total_time, timedelta(seconds=1), timedelta(seconds=10), source="R15")
        if self.tls not in ("implicit", "starttls"):
            raise ValueError('mail.tls is "implicit" or "starttls"; plain connections are not used')
        if not _NAME.fullmatch(self.host):
            raise ValueError("mail.host is the name of a server, in lower case, without scheme and port")
        for name, address in (("from_address", self.from_address), ("bounce_address", self.bounce_address or self.from_address)):
            if not _ADDRESS.fullmatch(address):
                raise ValueError(f"mail.{name} is an address such as notices@broker.example")
        if not self.from_name.isprintable() or len(self.from_name) > 60:
            raise ValueError("mail.from_name has at most 60 printable characters")
        if bool(self.dkim_domain) != (self.dkim_key_file is not None):
            raise ValueError("mail.dkim_domain and mail.dkim_key_file belong together")
        if self.dkim_domain and not (_NAME.fullmatch(self.dkim_domain) and _NAME.fullmatch(self.dkim_selector)):
            raise ValueError("mail.dkim_domain and mail.dkim_selector are names of the DNS")

    @property
    def envelope_from(self) -> str:
        return self.bounce_address or self.from_address
