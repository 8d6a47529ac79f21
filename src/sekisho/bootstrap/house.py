"""Opens the house: keys, database, clock and lists, by plain constructor calls from the settings (DESIGN §2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import NoReturn, Self, TypeVar

from sqlalchemy import make_url

from sekisho.adapters.breaches import BreachList
from sekisho.adapters.cryptography.audit_key import AuditKey, load_audit_key, public_path
from sekisho.adapters.cryptography.keyring import FileKeyring, load_keyring
from sekisho.adapters.geodata import open_geodata
from sekisho.adapters.memory.steady_clock import SteadyClock
from sekisho.adapters.storage import Sealing, SqlStorage, open_storage
from sekisho.bootstrap.whose_command import accounts_behind
from sekisho.flows.deliver_webhooks import queue_webhook
from sekisho.flows.dependencies import Dependencies, NoMonitor, Observer, OffLoop, Policies, QueueWebhook, no_webhook
from sekisho.flows.ports.geodata import Geodata
from sekisho.flows.ports.memory import LiveSession, SessionMemory
from sekisho.flows.ports.monitoring import Monitor
from sekisho.flows.ports.security import HashPool, Purpose
from sekisho.flows.rotate_keys import CANARY
from sekisho.kernel.errors import Kind, SekishoError, invalid
from sekisho.settings import Settings

__all__ = ["BREACHES", "CANARY", "House", "database_url", "named_key", "open_house", "Unobserved"]

Result = TypeVar("Result")
BREACHES = "breached_passwords.bin"
KEY_COMMANDS = {"keyring.file": "sekisho keyring init", "audit.key_file": "sekisho keyring init-audit"}


@dataclass(frozen=True, slots=True)
class House:
    """What every program of Sekisho needs: `serve`, the demo and the command line."""

    settings: Settings
    storage: SqlStorage
    keyring: FileKeyring
    audit_key: AuditKey
    clock: SteadyClock
    breaches: BreachList
    geodata: Geodata

    @property
    def audit_public_key(self) -> str:
        """PEM of the key that verifies the signed heads."""
        assert self.settings.audit.key_file is not None  # the house was opened with it
        return public_path(self.settings.audit.key_file).read_text()

    def policies(self) -> Policies:
        settings = self.settings
        return Policies(
            firm=settings.firm,
            lockout=settings.lockout,
            sessions=settings.sessions,
            passwords=settings.passwords,
            codes=settings.codes,
            sends=settings.sends,
            ip_restrictions=settings.ip_restrictions,
            portal_host=settings.server.hostnames[0],
            notice_life=settings.delivery.notice_life,
            mail=settings.mail is not None,
            contacts=settings.contacts,
            broker_access=settings.broker_access,
            monitoring=settings.monitoring,
        )

    def dependencies(
        self,
        hashing: HashPool,
        memory: SessionMemory,
        run: OffLoop,
        outbox_ready: Callable[[], None],
        observer: Observer,
        monitor: Monitor | None = None,
    ) -> Dependencies:
        return Dependencies(
            storage=self.storage,
            keyring=self.keyring,
            hashing=hashing,
            memory=memory,
            policies=self.policies(),
            clock=self.clock,
            run=run,
            breached=self.breaches.__contains__,
            outbox_ready=outbox_ready,
            observer=observer,
            geodata=self.geodata,
            monitor=monitor or NoMonitor(),
            webhooks=self.webhooks(),
        )

    def webhooks(self) -> QueueWebhook:
        """Nobody is told where no address of the broker is set."""
        return partial(queue_webhook, self.settings.webhooks) if self.settings.webhooks else no_webhook

    def command_line(self) -> Dependencies:
        """For one command: no passwords are hashed, nothing is remembered, `serve` hears of changes by the database."""
        deps = self.dependencies(_NoHashing(), _NoMemory(), _no_loop, lambda: None, Unobserved())
        return replace(deps, operator=accounts_behind())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.storage.close()


def open_house(settings: Settings) -> House:
    """Raises SekishoError that says what to do when a key is missing or the database cannot be opened."""
    folder = settings.server.data_folder
    _make_folder(folder)
    keyring = load_keyring(named_key(settings.keyring.file, "keyring.file"), folder)
    audit_key = load_audit_key(named_key(settings.audit.key_file, "audit.key_file"), folder)

    def seal(plain: str, context: str) -> str:
        return keyring.seal(Purpose.FIELDS, plain, context)

    def unseal(sealed: str, context: str) -> str:
        return keyring.open(Purpose.FIELDS, sealed, context)

    places = open_geodata(settings.geodata.country_file, settings.geodata.network_file)
    storage = open_storage(database_url(settings), Sealing(audit_key.mac, seal, unseal), clock=lambda: clock.time())
    try:
        clock = SteadyClock(storage.newest_time())
        _check_keyring(storage, keyring)
        return House(settings, storage, keyring, audit_key, clock, BreachList(folder / BREACHES), places)
    except BaseException:
        storage.close()
        raise


def _check_keyring(storage: SqlStorage, keyring: FileKeyring) -> None:
    """With another master key every password and code would answer as wrong: better not to start (R9). The database says which is used."""

    def fits(sealed: str) -> bool:
        try:
            return keyring.use(keyring.key_of(sealed)) and keyring.open(Purpose.FIELDS, sealed, CANARY) == CANARY
        except SekishoError:
            return False

    if not storage.check_canary(lambda: keyring.seal(Purpose.FIELDS, CANARY, CANARY), fits):
        raise invalid("This master key is not the one that the database was made with.", "set keyring.file to that one (R9)")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise invalid(
            "The data folder cannot be made. Set server.data_folder to a folder that this account may write.",
            f"{folder}: {error.strerror}",
        ) from None


def named_key(path: Path | None, setting: str) -> Path:
    """The key file that the settings name. Raises INVALID, with the command that makes one."""
    if path is None:
        raise invalid("A key file is not named in the settings.", f"make one with `{KEY_COMMANDS[setting]} FILE` and set {setting}")
    return path


def database_url(settings: Settings) -> str:
    """With the password that the settings keep apart."""
    if settings.database.password is None:
        return settings.database_url
    url = make_url(settings.database_url).set(password=settings.database.password.reveal())
    return url.render_as_string(hide_password=False)


class _NoHashing:
    """The command line hashes no password: nobody but the trader ever chooses one (R16)."""

    def admit(self, source: str, *, known: bool) -> NoReturn:
        raise SekishoError(Kind.UNAVAILABLE, "Passwords are checked by the server only.")

    def decoy(self, index: int) -> NoReturn:
        raise SekishoError(Kind.UNAVAILABLE, "Passwords are checked by the server only.")


class _NoMemory:
    def look(self, token_hash: str) -> LiveSession | None:
        return None

    def mark(self) -> int:
        return 0

    def keep(self, live: LiveSession, mark: int) -> None: ...
    def first_seen(self, session: str, address: IPv4Address | IPv6Address) -> bool:
        return False

    def first_device(self, session: str, device: str) -> bool:
        return False

    def unsee(self, session: str, what: IPv4Address | IPv6Address | str) -> None: ...
    def forget_session(self, session: str) -> None: ...
    def forget_trader(self, trader: str) -> None: ...


class Unobserved:
    """Work that is no traffic stands in no metric."""

    def login(self, outcome: str) -> None: ...
    def code(self, outcome: str) -> None: ...
    def session(self, outcome: str) -> None: ...
    def event_conflict(self) -> None: ...


def _no_loop(function: Callable[..., Result], /, *args: object) -> Awaitable[Result]:
    raise RuntimeError("the command line has no event loop")
