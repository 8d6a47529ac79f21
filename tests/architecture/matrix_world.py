"""The people of R7's matrix, and the built app that they knock at: all doors, real storage, real flows."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import msgspec
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from sekisho.adapters.breaches import BreachList
from sekisho.adapters.cryptography.audit_key import create_audit_key, load_audit_key
from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.adapters.geodata import open_geodata
from sekisho.adapters.memory.steady_clock import SteadyClock
from sekisho.adapters.storage.watch import ChangeWatcher
from sekisho.bootstrap.doors import Doors
from sekisho.bootstrap.house import House as BuiltHouse
from sekisho.domain.accounts import Contact, ContactKind, ContactState, Role
from sekisho.domain.broker_access import BrokerAccessPolicy, Scope, new_key_text
from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.domain.ip_restrictions import AddressList, Entries
from sekisho.domain.sessions import Channel, EndReason
from sekisho.flows.add_account import NewTrader, add_account, add_trader, end_mandate, grant_mandate
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.broker_keys import add_broker_key, revoke_broker_key
from sekisho.flows.checkpoint import Action
from sekisho.flows.log_off import end_session
from sekisho.flows.ports.security import Purpose
from sekisho.flows.step_up import begin_step_up
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret, new_token
from sekisho.settings import Settings
from sekisho.settings.sections import ServerSettings
from sekisho.web.http.csrf import Csrf
from sekisho.web.http.routes import Admission, DoorRoute, Reads
from tests.architecture.matrix import Object
from tests.architecture.matrix_bodies import DOCUMENTS, FIELDS
from tests.flows.house import PASSWORD, House, Person, caller, open_sealed_storage
from tests.web.http.asgi import Answer, ask

HOST = "portal.example"
ORIGIN = f"https://{HOST}"


@dataclass(frozen=True, slots=True)
class Keys:
    """What a caller holds: cookies of the portal, a program's token."""

    session: Secret | None = None
    bearer: Secret | None = None
    gate: Secret | None = None
    step: Secret | None = None


@dataclass
class Cast:
    """Traders with a live session at each door: channel → username → token. objects: ids that belong to the owner. instructions: on his
    account, in the names of those whose mandate has ended since, or is a lesser one now; and one on
    another account, to which its trader says No.

    keys: of the broker's systems, by what they are good for.
    """

    people: dict[str, Person] = field(default_factory=dict)
    portal: dict[str, Secret] = field(default_factory=dict)
    program: dict[str, Secret] = field(default_factory=dict)
    objects: dict[Object, str] = field(default_factory=dict)
    instructions: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Secret] = field(default_factory=dict)
    proof: Secret | None = None
    proof_code: str = ""


class World:
    """owner: holder of account SK-A. Besides him: see `_fill`. why_closed: what the house says while it is closed (R9)."""

    def __init__(self, url: str, folder: Path) -> None:
        self.keyring = FileKeyring([b"m" * 32])
        self.storage = open_sealed_storage(url, self.keyring)
        self.house = House(self.storage, self.keyring)
        self.house.with_policies(broker_access=BrokerAccessPolicy(bad_keys=1000))
        self.cast = Cast()
        self.why_closed = ""
        self.csrf = Csrf(partial(self.keyring.keyed_hashes, Purpose.CSRF), frozenset({ORIGIN}))
        firm = self.house.deps.policies.firm
        settings = Settings(firm, ServerSettings((HOST,), https_port=443, data_folder=folder))
        create_audit_key(folder / "audit.key")
        audit_key = load_audit_key(folder / "audit.key", folder / "data")
        built = BuiltHouse(
            settings, self.storage, self.keyring, audit_key, SteadyClock(None), BreachList(folder / "none"), open_geodata(None, None)
        )
        doors = Doors(
            built, self.house.deps, ChangeWatcher(self.storage, lambda change: None), lambda: self.why_closed, lambda *answer: None
        )
        self.routes: list[BaseRoute] = doors.routes
        self.app = doors.behind(Starlette(routes=doors.routes))
        _fill(self)

    def close(self) -> None:
        self.house.close()
        self.storage.close()

    # Requests

    def send(self, route: DoorRoute, keys: Keys, path: dict[str, str] | None = None, **more: str) -> Answer:
        """A well-formed request for this route by somebody who holds these keys; `more` goes into the fields that the body has."""
        names = re.findall(r"{(\w+)}", route.path)
        target = route.path.format(**{name: (path or {}).get(name, "x" * 24) for name in names})
        body, kind = self._body(route, keys, more)
        cookies = {"session": keys.session, "gate": keys.gate, "step": keys.step}
        headers = [("host", HOST), ("content-type", kind)] if kind else [("host", HOST)]
        held = "; ".join(f"__Host-{name}={value.reveal()}" for name, value in cookies.items() if value)
        headers += [("cookie", held)] if held else []
        headers += [("authorization", f"Bearer {keys.bearer.reveal()}")] if keys.bearer else []
        headers += [("idempotency-key", uuid4().hex)] if route.admits is Admission.BROKER else []
        answer = levelled(ask(self.app, route.method, target, headers, body))
        return replace(answer, body=answer.body.replace(target.encode(), b"PATH")) if names else answer  # a page may name its own path

    def _body(self, route: DoorRoute, keys: Keys, more: dict[str, str]) -> tuple[bytes, str]:
        if route.reads is Reads.NOTHING:
            return b"", ""
        if route.reads is Reads.JSON:
            return msgspec.json.encode(_with(DOCUMENTS.get(route.path, {}), more)), "application/json"
        bound = keys.session if route.admits is Admission.TRADER else keys.gate
        token = {"csrf": self.csrf.token(bound)} if bound else {}
        return urlencode({**token, **_with(FIELDS.get(route.path, {}), more)}).encode(), "application/x-www-form-urlencoded"

    def keys_of(self, username: str, route: DoorRoute) -> Keys:
        """The live session of this trader at the route's own door."""
        if route.door == "portal":
            return Keys(session=self.cast.portal[username])
        return Keys(bearer=self.cast.program[username])

    def unknown_keys(self, route: DoorRoute) -> Keys:
        """Well-formed, and never issued."""
        if route.admits is Admission.BROKER:
            return Keys(bearer=new_key_text().whole)
        return Keys(session=new_token()) if route.door == "portal" else Keys(bearer=new_token())

    def live_sessions(self) -> set[str]:
        with self.storage.reading() as tx:
            return {session.id for session, _ in tx.sessions.live()}

    @contextmanager
    def new_entries(self) -> Iterator[list[dict[str, Any]]]:
        """What the audit log says of what happens inside."""
        before = {entry.id for entry in self.house.audit()}
        found: list[dict[str, Any]] = []
        yield found
        for entry in self.house.audit():
            if entry.id not in before:
                found.append({"kind": entry.kind, "trader": entry.trader, "reason": entry.reason, **json.loads(entry.facts)})


def _with(fields: Mapping[str, object], more: Mapping[str, str]) -> dict[str, object]:
    return {name: more.get(name, value) for name, value in fields.items()}


def levelled(answer: Answer) -> Answer:
    """Without what differs from answer to answer by design: the nonce of scripts and the date."""
    policy = answer.header("content-security-policy") or ""
    nonce = re.search(r"'nonce-([^']+)'", policy)
    if nonce is None:
        return answer
    told = [(name, value.replace(nonce[1], "NONCE")) for name, value in answer.headers if name != "date"]
    return replace(answer, headers=told, body=answer.body.replace(nonce[1].encode(), b"NONCE"))


def _fill(world: World) -> None:
    """Everybody logs in at both doors from a client that is known for more than a day, so that nothing is quarantined (R4)."""
    house, cast = world.house, world.cast
    for number in ("SK-A", "SK-B"):
        add_account(number, f"Account {number}", "os:desk", house.deps)
    roles: dict[str, dict[str, Role]] = {
        "owner": {"SK-A": Role.HOLDER},
        "viewer": {"SK-A": Role.VIEWER},
        "former": {"SK-A": Role.TREASURER},
        "neighbour": {"SK-B": Role.HOLDER},
        "stranger": {},
        "denier": {"SK-B": Role.TRADER},
        "suspended": {"SK-A": Role.TRADER},
        "frozen": {"SK-A": Role.TRADER},
        "ended": {"SK-A": Role.TRADER},
    }
    for username, mandates in roles.items():
        new = NewTrader(username, f"Name of {username}", "+819012345678", "en", {})
        added = add_trader(new, "os:desk", house.deps)
        house.activate(added)
        cast.people[username] = Person(username, added.trader.id, new.phone)
        for number, role in mandates.items():
            mandate = grant_mandate(number, username, role, "os:desk", house.deps)
            if username == "former":
                end_mandate(mandate.id, "left the firm", "os:desk", house.deps)
    clients = {username: house.log_in(person).client_token for username, person in cast.people.items()}
    house.clock.advance(hours=25)
    for username, person in cast.people.items():
        again = house.log_in(person, caller(client_token=clients[username]))
        program = house.log_in(person, caller(client_token=again.client_token, channel=Channel.API))
        cast.portal[username], cast.program[username] = again.session_token, program.session_token
    _collect(world)
    _make_keys(world)
    house.alter(cast.people["suspended"], lambda trader: replace(trader, suspended=house.clock()))
    house.alter(cast.people["frozen"], lambda trader: replace(trader, frozen=frozenset({"compromise"})))
    for session, username in [(s.id, name) for s, name in _live(world)]:
        if username == "ended":
            end_session(session, EndReason.ENDED_BY_STAFF, "os:desk", house.deps)


def _make_keys(world: World) -> None:
    """Of systems that may come from anywhere with every scope, without one, from elsewhere; and ended ones."""
    deps, everything, day = world.house.deps, frozenset(Scope), timedelta(days=1)
    here, elsewhere = ("203.0.113.7",), ("198.51.100.0/24",)
    for name, scopes, networks in (
        ("whole", everything, here),
        ("bare", frozenset[Scope](), here),
        ("elsewhere", everything, elsewhere),
        ("revoked", everything, here),
    ):
        world.cast.keys[name] = add_broker_key(name, scopes, networks, day * 90, "os:desk", deps).secret
    revoke_broker_key("revoked", "os:desk", deps)


def _waiting_list(world: World, account: str) -> str:
    """Allows everybody, and has a change that can be cancelled and one that can be taken back."""
    now = world.house.clock()
    kept = AddressList(account, 1, Entries(), now, "os:desk", pending=Entries(), before=Entries(), due=now + timedelta(days=1))
    with world.storage.transaction() as tx:
        tx.address_lists.save(kept)
    return account


def _asked(world: World, account: str, trader: str) -> str:
    """A withdrawal that waits for that trader's answer."""
    now = world.house.clock()
    details = {"amount": 500000, "currency": "JPY", "payee": "bank:1"}
    asked = Instruction(
        id=new_id("ins", now), reference=f"key:{trader}", kind=InstructionKind.WITHDRAWAL, account=account, trader=trader,
        session=None, hash="h",
        details=details, state=InstructionState.CHALLENGED, verdict="challenge", reasons=(), event=f"key:{trader}", received=now,
        expires=now + timedelta(days=9),
    )  # fmt: skip
    with world.storage.transaction() as tx:
        tx.instructions.add(asked)
    return asked.id


def _waiting_contact(world: World, trader: str) -> str:
    now = world.house.clock()
    contact_id = new_id("con", now)
    sealed = world.house.keyring.seal(Purpose.FIELDS, "owner@example.net", contact_id)
    due = now + timedelta(days=1)
    with world.storage.transaction() as tx:
        tx.contacts.add(Contact(contact_id, trader, ContactKind.EMAIL, ContactState.WAITING, sealed, now, trader, now, due))
    return contact_id


def _live(world: World) -> list[Any]:
    with world.storage.reading() as tx:
        return tx.sessions.live()


def _collect(world: World) -> None:
    """The owner's things, which others reach for; among them a second session, and a step-up that waits for its code."""
    owner, objects = world.cast.people["owner"], world.cast.objects
    with world.storage.reading() as tx:
        account, other = tx.accounts.by_number("SK-A"), tx.accounts.by_number("SK-B")
        assert account is not None and other is not None
        objects[Object.ACCOUNT] = account.id
        objects[Object.MESSAGE] = tx.inbox.of(owner.id)[0].id
        objects[Object.KNOWN_CLIENT] = tx.known_clients.of(owner.id, world.house.clock())[0].id
    objects[Object.SESSION] = world.house.log_in(owner).session.id
    objects[Object.INSTRUCTION] = objects[Object.CONFIRMED] = _asked(world, account.id, owner.id)
    world.cast.instructions = {name: _asked(world, account.id, world.cast.people[name].id) for name in ("former", "viewer")}
    world.cast.instructions["denier"] = _asked(world, other.id, world.cast.people["denier"].id)
    objects[Object.CONTACT] = _waiting_contact(world, owner.id)
    objects[Object.ADDRESS_LIST] = _waiting_list(world, account.id)
    live = world.house.look(world.cast.portal["owner"])
    assert not hasattr(live, "reason"), live
    step = begin_step_up(Action.CHANGE_PASSWORD, "change the password", Secret(PASSWORD), live, caller(), world.house.deps)  # type: ignore[arg-type]
    started = asyncio.run(step)
    assert isinstance(started, Begun)
    world.cast.proof, world.cast.proof_code = started.token, world.house.ask_code(started.token)
