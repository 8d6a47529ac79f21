"""A small brokerage behind the real portal: real flows on SQLite, real keys and hashes, a clock that the test sets."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread
from httpx2 import Response
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from sekisho.adapters.cryptography.hash_pool import ThreadedHashPool
from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.adapters.memory.session_memory import FreshSessions
from sekisho.adapters.storage import SqlStorage
from sekisho.domain.accounts import Role
from sekisho.domain.authentication.codes import CodePolicy
from sekisho.domain.authentication.passwords import PasswordPolicy
from sekisho.domain.authentication.sends import SendPolicy
from sekisho.domain.firm import FirmPolicy
from sekisho.domain.ip_restrictions import IpRestrictionPolicy
from sekisho.domain.lockout import LockoutPolicy
from sekisho.domain.sessions import SessionPolicy
from sekisho.flows.add_account import NewTrader, add_account, add_trader
from sekisho.flows.dependencies import Dependencies, Policies
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import Language
from sekisho.web.http.csrf import Csrf
from sekisho.web.http.errors import Errors
from sekisho.web.http.stack import HttpSettings, behind
from sekisho.web.kit.assets import Assets
from sekisho.web.kit.brand import Brand
from sekisho.web.kit.language import chosen_language
from sekisho.web.kit.pages import Pages
from sekisho.web.portal import TEMPLATES, House, build_portal
from sekisho.web.workstation.door import build_workstation
from tests.flows.fittings import Atlas, WhenOpen

HOST = "portal.example"
ORIGIN = f"https://{HOST}"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
PASSWORD = "an ordinary long sentence"
FIRM = FirmPolicy("Example Securities", "Example", "0120-000-000", phishing_resistant_from=date(2027, 3, 1))

Result = TypeVar("Result")


def run(function: Callable[..., Result], /, *args: object) -> Awaitable[Result]:
    return anyio.to_thread.run_sync(partial(function, *args))


class Unobserved:
    def login(self, outcome: str) -> None: ...
    def code(self, outcome: str) -> None: ...
    def session(self, outcome: str) -> None: ...
    def event_conflict(self) -> None: ...


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


class Brokerage:
    """traders: username → activation code. Each `browser()` is one with its own cookies."""

    def __init__(self, storage: SqlStorage, keyring: FileKeyring, pool: ThreadedHashPool) -> None:
        self.clock = Clock()
        self.memory = FreshSessions(lambda: 0.0)
        self.storage = storage
        self.log = WhenOpen()
        self.deps = Dependencies(
            storage=storage,
            keyring=keyring,
            hashing=pool,
            memory=self.memory,
            policies=Policies(
                FIRM,
                LockoutPolicy(),
                SessionPolicy(),
                PasswordPolicy(),
                CodePolicy(),
                SendPolicy(),
                IpRestrictionPolicy(),
                HOST,
                timedelta(hours=24),
                mail=True,
            ),
            clock=self.clock,
            run=run,
            breached=lambda password: False,
            outbox_ready=lambda: None,
            observer=Unobserved(),
            geodata=Atlas(),
            monitor=self.log,
        )
        self.traders: dict[str, Secret] = {}
        self.app = _served(self.deps, keyring)

    def open_account(self, number: str, title: str) -> None:
        add_account(number, title, "os:test", self.deps)

    def enrol(self, username: str, name: str, phone: str, accounts: Mapping[str, Role] = {}, language: str = "en") -> None:
        added = add_trader(NewTrader(username, name, phone, language, dict(accounts)), "os:test", self.deps)
        self.traders[username] = added.activation_code

    def phone(self) -> list[str]:
        """The security codes on their way, oldest first; they count as delivered."""
        with self.deps.storage.transaction() as tx:
            claimed = tx.outbox.claim_due(self.clock(), 100)
            for message in claimed:
                tx.outbox.sent(message, self.clock(), "")
        return [message.code.reveal() for message in sorted(claimed, key=lambda message: message.id) if message.code]

    def browser(self, **headers: str) -> Browser:
        return Browser(self, headers)


def _served(deps: Dependencies, keyring: FileKeyring) -> Any:
    brand = Brand("Example Securities", {Language.JA: "イグザンプル証券"})
    assets = Assets(brand)
    pages = Pages(brand, assets, {"portal": TEMPLATES})
    errors = Errors(pages.error)
    csrf = Csrf(partial(keyring.keyed_hashes, Purpose.CSRF), frozenset({ORIGIN}))
    routes = [*build_portal(House(deps, pages, assets, csrf, ORIGIN)), *build_workstation(deps), Route(Assets.PATH, assets.serve)]
    app = Starlette(routes=routes, exception_handlers=errors.handlers())
    return behind(app, HttpSettings([HOST]), errors, chosen_language)


class Browser:
    """A browser without scripts: it keeps cookies, fills the forms that stand on its page, and follows redirects when told to."""

    def __init__(self, brokerage: Brokerage, headers: Mapping[str, str]) -> None:
        self.brokerage = brokerage
        self.http = TestClient(
            brokerage.app,
            base_url=ORIGIN,
            follow_redirects=False,
            raise_server_exceptions=False,
            client=("203.0.113.7", 4711),
            headers={"user-agent": CHROME, **headers},
        )
        self.page: Response | None = None

    @property
    def text(self) -> str:
        assert self.page is not None
        return self.page.text

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        return found[1] if found else ""

    def see(self, path: str, **headers: str) -> Response:
        self.page = self.http.get(path, headers=headers)
        return self.page

    def send(self, path: str, **fields: str) -> Response:
        """Post a form with the token of the page that is open; the answer becomes the open page unless it leads elsewhere."""
        answer = self.http.post(path, data={"csrf": self.csrf, **fields})
        if answer.status_code != 303:
            self.page = answer
        return answer

    def follow(self, answer: Response) -> Response:
        return self.see(answer.headers["location"])

    def begin_activation(self, username: str) -> None:
        self.see("/activate")
        begun = self.send("/activate", username=username, activation_code=self.brokerage.traders[username].reveal())
        assert begun.headers["location"] == "/activate/password", self.text
        self.follow(begun)

    def activate(self, username: str, password: str = PASSWORD) -> None:
        self.begin_activation(username)
        done = self.send("/activate/password", code=self.brokerage.phone()[-1], new_password=password)
        assert done.headers.get("location") == "/login?activated=1", self.text
        self.follow(done)

    def give_password(self, username: str, password: str = PASSWORD) -> Response:
        self.see("/login")
        answer = self.send("/login", username=username, password=password)
        if answer.status_code == 303:
            self.follow(answer)
        return answer

    def log_in(self, username: str, password: str = PASSWORD) -> None:
        assert self.give_password(username, password).status_code == 303, self.text
        done = self.send("/login/code", code=self.brokerage.phone()[-1])
        assert done.headers.get("location") == "/", self.text
        self.follow(done)

    def cookie(self, name: str) -> str | None:
        return self.http.cookies.get(f"__Host-{name}")
