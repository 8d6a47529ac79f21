"""R9: an older copy starts closed; accepting it ends what it would let in, stops again whom the heads name, and keeps the log honest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from sekisho.adapters.audit_heads.file import FileSink, read_heads
from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.adapters.storage import SqlStorage
from sekisho.domain.audit.head import Head, sign
from sekisho.domain.audit.standing import Standing, standing_text
from sekisho.domain.authentication.authenticator import AuthenticatorState
from sekisho.domain.lockout import LockoutPolicy
from sekisho.flows.add_account import end_mandate
from sekisho.flows.audit_report import Fault, Report
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.export_audit import stored_rows
from sekisho.flows.ports.security import Purpose
from sekisho.flows.restore_accept import Acceptance, Accepted, accept_restored
from sekisho.flows.restore_witness import closed_because, heads_after
from sekisho.flows.seal_audit import SealDependencies, publish_head
from sekisho.flows.see_standing import standing_since
from sekisho.flows.verify_audit import verify_log
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.events import Event, EventKind
from tests.databases import PostgresServer
from tests.fakes.audit_log import Key, Watch
from tests.flows.house import House, Person, caller, open_sealed_storage

KEYRING = FileKeyring([b"k" * 32])
WHY = "the disk of the server is gone"


class SigningKey(Key):
    """The audit key whose MAC is that of `open_sealed_storage`."""

    def mac(self, data: bytes) -> bytes:
        return KEYRING.keyed_hash(Purpose.TOKENS, data.hex()).encode()


KEY = SigningKey()


@dataclass
class Place:
    """One database after another, and the file of heads that outlives them."""

    house: House
    url: str
    folder: Path
    server: PostgresServer | None

    @property
    def heads(self) -> Path:
        return self.folder / "heads"

    @contextmanager
    def sealing(self, house: House | None = None) -> Iterator[SealDependencies]:
        """As the owner. The lease outlasts any step of the clock."""
        storage, now = (house or self.house).storage, (house or self.house).clock()
        with storage.transaction() as tx:
            lease = tx.leases.acquire("owner", "here", now, now + timedelta(days=900))
        assert lease is not None
        yield SealDependencies(storage, lease, KEY, (FileSink(self.heads),), "frm_1", standing_since, Watch())

    def publish(self, house: House | None = None) -> Head:
        house = house or self.house
        with self.sealing(house) as deps:
            return publish_head(house.clock(), deps)

    def newest(self) -> Head:
        return [head for head in read_heads(self.heads) if isinstance(head, Head)][-1]

    def copy(self) -> str:
        """The url of a copy as the database is now."""
        url = make_url(self.url)
        if self.server is None:
            with self.house.storage.transaction() as tx:  # nobody writes meanwhile
                path = self.folder / f"copy-{len(list(self.folder.iterdir()))}.db"
                shutil.copyfile(str(url.database), path)
                wal = Path(f"{url.database}-wal")
                if wal.exists():
                    shutil.copyfile(wal, f"{path}-wal")
                assert tx.upkeep.restored() is None
            return f"sqlite:///{path}"
        self.house.storage.database.close()
        return self.server.new_database(str(url.database))

    @contextmanager
    def opened(self, url: str) -> Iterator[House]:
        """The house on another copy; its clock goes on."""
        storage: SqlStorage = open_sealed_storage(url, KEYRING)
        house = House(storage, KEYRING)
        house.clock.now = self.house.clock.now
        try:
            yield house
        finally:
            house.close()
            storage.close()


@pytest.fixture
def place(house: House, storage_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    server = request.getfixturevalue("postgres") if storage_url.startswith("postgresql") else None
    folder = tmp_path / "restore"
    folder.mkdir()
    return Place(house, storage_url, folder, server)


def why_closed(place: Place, house: House) -> str:
    with house.storage.reading() as tx:
        closed = closed_because(place.newest(), tx)
    return closed.why if closed else ""


def accepted(place: Place, house: House, **changed: object) -> Accepted | None:
    with house.storage.reading() as tx:
        own = tx.audit.last_head()
    heads = heads_after(own, read_heads(place.heads), KEY.authentic, lost=False)
    asked = Acceptance("os:operator", WHY, own, heads, False, {"file": place.newest().number})
    with place.sealing(house) as deps:
        return accept_restored(replace(asked, **changed), LockoutPolicy(), house.clock(), deps)  # type: ignore[arg-type]


def verified(place: Place, house: House) -> Report:
    with house.storage.reading() as tx:
        return verify_log(tx.audit.checkpoint(), stored_rows(tx.audit), read_heads(place.heads), KEY.authentic, KEY.mac)


def stopped_traders(place: Place) -> tuple[Person, Person, Person, str]:
    """Three traders and a mandate; the older copy, taken while a session of the first lives; then all four are stopped."""
    house = place.house
    aiko, botan, chie = (house.enrol(name) for name in ("aiko", "botan", "chie"))
    house.clock.advance(days=2)
    house.log_in(aiko)
    place.publish()
    older = place.copy()
    house.clock.advance(minutes=1)
    house.fail_passwords(aiko, 5)
    for _ in range(6):
        house.clock.advance(minutes=16)
        house.fail_passwords(botan, 5)
    with house.storage.transaction() as tx:
        (account,) = [one for one in tx.accounts.all() if "CHIE" in one.number]
        mandate = tx.accounts.mandates_on(account.id)[0][0].id
        tx.audit.append(Event(EventKind.TRADER_SUSPENDED, trader=chie.id), house.clock())
        phone = house.record(chie).phone
        assert phone is not None
        disabled = Event(EventKind.AUTHENTICATOR_DISABLED, trader=chie.id, facts={"authenticator": phone.id})
        tx.audit.append(disabled, house.clock())
    end_mandate(mandate, "left the firm", "os:desk", house.deps)
    return aiko, botan, chie, older


def test_what_heads_carry_since_the_copy_stands_again(place: Place) -> None:
    aiko, botan, chie, older = stopped_traders(place)
    place.publish()
    place.house.clock.advance(hours=1)
    with place.opened(older) as house:
        assert "older than its last exported head, number 2" in why_closed(place, house)
        done = accepted(place, house)
        assert done is not None and done.epoch == 2 and done.lost > 0
        assert done.stopped == {"restricted": 1, "locked": 1, "suspended": 1, "disabled": 1, "ended": 1}
        assert done.passed_over == 1  # botan was restricted for a time before he was locked
        assert why_closed(place, house) == ""
        assert _refusal(house, aiko, minutes=0) == _refusal(house, botan, minutes=60 * 24) == Reason.LOGIN_RESTRICTED
        assert isinstance(house.give_password("aiko", aiko.password), Begun), "the soft wait is over"
        record = house.record(chie)
        assert record.trader.suspended is not None and record.phone is None
        with house.storage.reading() as tx:
            assert [one.state for one in tx.authenticators.of(chie.id) if one.kind == "phone"] == [AuthenticatorState.DISABLED]
            assert tx.accounts.acted_for_by(chie.id, house.clock()) == []


def _refusal(house: House, person: Person, minutes: int) -> Reason | None:
    house.clock.advance(minutes=minutes)
    outcome = house.give_password(person.username, person.password)
    reason = outcome.reason if isinstance(outcome, Refused) else None
    house.clock.advance(minutes=16 - minutes if minutes == 0 else 0)
    return reason


def test_sessions_codes_and_known_clients_of_the_copy_are_dead(place: Place, aiko: Person) -> None:
    house = place.house
    complete = house.log_in(aiko)
    started = house.start(aiko, caller("198.51.100.9"))
    code = house.ask_code(started.token, caller("198.51.100.9"))
    added = house.add("botan")
    place.publish()
    older = place.copy()
    place.publish()
    with place.opened(older) as restored:
        done = accepted(place, restored)
        assert done is not None
        assert (done.ended.sessions, done.ended.known_clients) == (1, 1)
        assert isinstance(restored.live(complete), Refused)
        assert isinstance(restored.give_code(started.token, code, caller("198.51.100.9")), Refused)
        assert [message for message in restored.messages() if message.code] == []
        with pytest.raises(AssertionError):
            restored.begin_activation(added)
        with restored.storage.reading() as tx:
            assert tx.known_clients.of(aiko.id, restored.clock()) == []


def test_the_log_says_what_the_restore_lost_and_stays_valid(place: Place, aiko: Person) -> None:
    place.publish()
    older = place.copy()
    for _ in range(3):
        place.house.log_in(aiko)
        place.publish()
    kept, lost_through = 0, place.newest().position
    with place.opened(older) as house:
        before = verified(place, house)
        assert [finding.fault for finding in before.findings] == [Fault.TAIL_CUT]
        kept = before.end.position
        assert accepted(place, house) is not None
        report = verified(place, house)
        assert report.ok, report.findings
        (restore,) = report.restores
        assert (restore.lost_from, restore.lost_through, restore.position) == (kept + 1, lost_through, lost_through + 1)
        assert (restore.by, restore.why, restore.epoch) == ("os:operator", WHY, 2)
        assert report.uncovered == 0 and place.newest().epoch == 2
        house.log_in(aiko)
        place.publish(house)
        assert verified(place, house).ok
        assert accepted(place, house) is None, "a second time there is nothing to accept"


def test_a_cut_log_is_not_passed_off_as_a_restore(place: Place, aiko: Person) -> None:
    """Whoever has the database and the audit key, but not the heads outside, cannot give a cut the look of a restore unseen."""
    place.publish()
    older = place.copy()
    place.house.log_in(aiko)
    place.publish()
    with place.opened(older) as house:
        assert accepted(place, house) is not None
        heads = [head for head in read_heads(place.heads) if isinstance(head, Head)]
        old_epoch = [sign(replace(head, epoch=1), KEY.key_id, KEY.sign) for head in heads]
        with house.storage.reading() as tx:
            found = verify_log(tx.audit.checkpoint(), stored_rows(tx.audit), old_epoch, KEY.authentic, KEY.mac)
        assert Fault.RESTORE_UNPROVEN in {finding.fault for finding in found.findings}
        with house.storage.reading() as tx:
            found = verify_log(tx.audit.checkpoint(), stored_rows(tx.audit), heads[:-1], KEY.authentic, KEY.mac)
        assert Fault.RESTORE_UNPROVEN in {finding.fault for finding in found.findings}


def test_the_same_copy_can_be_put_back_twice(place: Place, aiko: Person) -> None:
    place.publish()
    older, again = place.copy(), place.copy()
    place.house.log_in(aiko)
    place.publish()
    with place.opened(older) as house:
        assert accepted(place, house) is not None
    with place.opened(again) as house:
        assert "older" in why_closed(place, house)
        done = accepted(place, house)
        assert done is not None and done.epoch == 3
        assert verified(place, house).ok


def test_a_copy_that_was_put_back_waits_though_no_head_is_missing(place: Place) -> None:
    place.publish()
    with place.opened(place.copy()) as house:
        assert why_closed(place, house) == ""
        with house.storage.transaction() as tx:
            tx.upkeep.note_restored(house.clock())
        assert "not accepted yet" in why_closed(place, house)
        done = accepted(place, house)
        assert done is not None and done.lost == 0
        assert why_closed(place, house) == "" and verified(place, house).ok


@pytest.mark.parametrize("change", ["forged", "gap", "older", "none", "unreadable"])
def test_heads_that_cannot_be_relied_on_change_nothing(change: str, place: Place, aiko: Person) -> None:
    place.publish()
    place.publish()
    older = place.copy()
    for _ in range(3):
        place.house.log_in(aiko)
        place.publish()
    lines = place.heads.read_text().splitlines()
    lines = {
        "forged": [*lines[:-1], lines[-1].replace('"standing":[]', '"standing":["man_1"]')],
        "gap": [*lines[:2], *lines[3:]],
        "older": lines[:1],
        "none": [],
        "unreadable": [*lines[:-1], "{}"],
    }[change]
    place.heads.write_text("".join(f"{line}\n" for line in lines))
    with place.opened(older) as house:
        with pytest.raises(SekishoError):
            accepted(place, house, heads=())
        with house.storage.reading() as tx:
            assert tx.audit.epoch() == 1 and tx.sessions.live() == []


@pytest.mark.parametrize("further", [1, 2])
def test_another_database_is_no_older_copy(further: int, place: Place, aiko: Person) -> None:
    """Two that went on from the same copy: the heads of one do not open the other, which ever has more of them."""
    place.publish()
    older = place.copy()
    for _ in range(further):
        place.house.log_in(aiko)
        place.publish()
    with place.opened(older) as house:
        with place.sealing(house) as deps:
            publish_head(house.clock(), replace(deps, sinks=()))
        assert why_closed(place, house) != ""
        with pytest.raises(SekishoError) as refused:
            accepted(place, house)
        assert "in two versions, or is not this database's" in refused.value.detail


def test_a_word_that_this_version_does_not_know_is_not_passed_over(place: Place) -> None:
    place.publish()
    older = place.copy()
    with place.sealing() as deps:
        publish_head(place.house.clock(), replace(deps, standing=lambda tx, previous: ("banished:trd_1",)))
    with place.opened(older) as house:
        with pytest.raises(SekishoError):
            accepted(place, house)
        assert "older" in why_closed(place, house)


def test_ids_of_the_first_heads_mean_the_sternest(place: Place, aiko: Person) -> None:
    phone = place.house.record(aiko).phone
    assert phone is not None
    place.publish()
    older = place.copy()
    with place.sealing() as deps:
        publish_head(place.house.clock(), replace(deps, standing=lambda tx, previous: (aiko.id, phone.id)))
    with place.opened(older) as house:
        done = accepted(place, house)
        assert done is not None and done.stopped == {"locked": 1, "disabled": 1}
        assert isinstance(house.give_password("aiko", aiko.password), Refused)
        assert house.record(aiko).phone is None


def test_what_the_new_epoch_stops_again_travels_in_its_heads(place: Place, aiko: Person) -> None:
    place.publish()
    older = place.copy()
    place.house.fail_passwords(aiko, 5)
    place.publish()
    with place.opened(older) as house:
        accepted(place, house)
        password = house.record(aiko).password
        assert password is not None
        assert place.newest().standing == (standing_text(Standing.RESTRICTED, password.id),)
