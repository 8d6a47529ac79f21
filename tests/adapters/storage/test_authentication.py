"""Authenticators, known clients, ceremonies and sends, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind, AuthenticatorState
from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose, CeremonyState
from sekisho.domain.authentication.codes import SecurityCode
from sekisho.domain.authentication.known_client import KnownClient
from sekisho.flows.ports.storage import LifeEntry
from tests.adapters.storage.conftest import NOW, People

MINUTE = timedelta(minutes=1)


def test_authenticators_come_back_and_change(storage: SqlStorage, people: People) -> None:
    active = replace(people.phone, state=AuthenticatorState.ACTIVE, value="other", changed=NOW + MINUTE, expires=NOW + 9 * MINUTE)
    with storage.transaction() as tx:
        tx.authenticators.save(active)
        assert tx.authenticators.of(people.aiko.id) == [people.password, active]
        assert tx.authenticators.newest(people.aiko.id, AuthenticatorKind.PHONE) == active
        assert tx.authenticators.newest(people.aiko.id, AuthenticatorKind.ACTIVATION) is None
        assert tx.authenticators.by_value(AuthenticatorKind.PHONE, "other") == active
        assert tx.authenticators.by_value(AuthenticatorKind.PASSWORD, "other") is None


def test_the_newest_authenticator_is_a_living_one(storage: SqlStorage, people: People) -> None:
    with storage.transaction() as tx:
        for number, (state, at) in enumerate(
            [
                (AuthenticatorState.ACTIVE, 1),
                (AuthenticatorState.PENDING, 2),
                (AuthenticatorState.DISABLED, 3),
                (AuthenticatorState.REMOVED, 4),
            ]
        ):
            tx.authenticators.add(
                Authenticator(f"aut_n{number}", people.botan.id, AuthenticatorKind.PHONE, state, "x", NOW + at * MINUTE, NOW)
            )
        newest = tx.authenticators.newest(people.botan.id, AuthenticatorKind.PHONE)
        assert newest is not None and newest.id == "aut_n1"


def test_the_life_of_authenticators_is_kept_in_order(storage: SqlStorage, people: People) -> None:
    later = LifeEntry(people.phone.id, NOW + MINUTE, "confirmed", people.aiko.id, "sealed address", "Firefox")
    first = LifeEntry(people.password.id, NOW, "bound", "os:root")
    with storage.transaction() as tx:
        tx.authenticators.note(later)
        tx.authenticators.note(first)
        assert tx.authenticators.life_of(people.aiko.id) == [first, later]
        assert tx.authenticators.life_of(people.botan.id) == []


def _client(number: int, trader: str, used: datetime = NOW) -> KnownClient:
    return KnownClient(f"kcl_{number}", trader, f"token {number}", "name", NOW, used, used + 90 * timedelta(days=1), "Safari")


def test_known_clients_are_the_traders_own(storage: SqlStorage, people: People) -> None:
    old, new, other = _client(1, people.aiko.id), _client(2, people.aiko.id, NOW + MINUTE), _client(3, people.botan.id)
    with storage.transaction() as tx:
        for client in (old, new, other):
            tx.known_clients.add(client)
        rotated = old.rotated("token 1b", "Chrome", NOW + 2 * MINUTE)
        tx.known_clients.save(rotated)
        assert tx.known_clients.by_token("token 1") is None
        assert tx.known_clients.by_token("token 1b") == rotated
        assert tx.known_clients.of(people.aiko.id, NOW) == [rotated, new]
        assert tx.known_clients.of(people.aiko.id, new.expires) == [rotated]
        assert tx.known_clients.drop(people.botan.id, old.id) is False
        assert tx.known_clients.drop(people.aiko.id, old.id) is True
        assert tx.known_clients.by_token("token 1b") is None


def test_dropping_all_known_clients_spares_the_one_to_keep(storage: SqlStorage, people: People) -> None:
    with storage.transaction() as tx:
        for number in (1, 2, 3):
            tx.known_clients.add(_client(number, people.aiko.id))
        tx.known_clients.add(_client(4, people.botan.id))
        assert tx.known_clients.drop_all(people.aiko.id, keep="kcl_2") == 2
        assert [client.id for client in tx.known_clients.of(people.aiko.id, NOW)] == ["kcl_2"]
        assert tx.known_clients.drop_all(people.aiko.id) == 1
        assert [client.id for client in tx.known_clients.of(people.botan.id, NOW)] == ["kcl_4"]


def _login(number: int, started: datetime = NOW, lane: str = "strangers") -> Ceremony:
    return Ceremony(
        f"cer_{number}", f"token {number}", CeremonyPurpose.LOGIN, "trd_decoy", "aut_decoy", lane, "portal", started, started + 15 * MINUTE,
        3, "192.0.2.0/32",
    )  # fmt: skip


def test_every_field_of_a_ceremony_is_kept(storage: SqlStorage) -> None:
    full = replace(
        _login(1),
        purpose=CeremonyPurpose.STEP_UP,
        program="Firefox",
        address="sealed",
        action="password.change",
        action_text="パスワードを変更します",
        session="ses_1",
        code=SecurityCode("hash", NOW, NOW + 5 * MINUTE, 4),
    )
    with storage.transaction() as tx:
        tx.ceremonies.add(full)
        assert tx.ceremonies.lock_by_token("token 1") == full == tx.ceremonies.by_token("token 1")
        assert tx.ceremonies.by_token("token none") is None
        done = full.completed(NOW + MINUTE)
        tx.ceremonies.save(done)
        assert tx.ceremonies.lock_by_token("token 1") == done
        assert done.code is not None and done.code.used == NOW + MINUTE
        tx.ceremonies.save(replace(done, code=None, token_hash="token 1b", expires=NOW))
        found = tx.ceremonies.lock_by_token("token 1b")
        assert found is not None and found.code is None and found.expires == NOW
        assert tx.ceremonies.lock_by_token("token 1") is None


def test_unfinished_logins_of_one_lane(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.ceremonies.add(_login(1))
        tx.ceremonies.add(_login(2, NOW + MINUTE).died(NOW + 2 * MINUTE))
        tx.ceremonies.add(_login(3).completed(NOW + MINUTE))
        tx.ceremonies.add(_login(4, lane="kcl_1"))
        tx.ceremonies.add(_login(5, NOW - MINUTE))
        tx.ceremonies.add(replace(_login(6), purpose=CeremonyPurpose.ACTIVATION))
        found = tx.ceremonies.unfinished_logins("trd_decoy", "strangers", NOW)
        assert [ceremony.id for ceremony in found] == ["cer_1", "cer_2"]
        assert found[1].state is CeremonyState.DEAD


def test_expired_logins_are_open_ones_past_their_time(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        for number, started in ((1, NOW), (2, NOW - MINUTE), (3, NOW + MINUTE)):
            tx.ceremonies.add(_login(number, started))
        tx.ceremonies.add(_login(4, NOW - 2 * MINUTE).died(NOW))
        at = NOW + 15 * MINUTE
        assert [ceremony.id for ceremony in tx.ceremonies.expired_logins(at, 10)] == ["cer_2", "cer_1"]
        assert [ceremony.id for ceremony in tx.ceremonies.expired_logins(at, 1)] == ["cer_2"]


def test_purging_takes_what_ended_or_expired_before(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.ceremonies.add(_login(1).died(NOW + MINUTE))
        tx.ceremonies.add(_login(2))
        tx.ceremonies.add(_login(3, NOW + MINUTE))
        assert tx.ceremonies.purge(NOW + MINUTE, NOW + MINUTE) == 0
        assert tx.ceremonies.purge(NOW + 2 * MINUTE, NOW + 2 * MINUTE) == 1
        assert tx.ceremonies.purge(NOW + 16 * MINUTE, NOW + 16 * MINUTE) == 1
        assert tx.ceremonies.lock_by_token("token 3") is not None


def test_purging_keeps_unfinished_logins_for_longer(storage: SqlStorage) -> None:
    """R3: they are evidence until the trader's next login."""
    with storage.transaction() as tx:
        tx.ceremonies.add(_login(1).died(NOW + MINUTE))
        tx.ceremonies.add(_login(2).completed(NOW + MINUTE))
        tx.ceremonies.add(replace(_login(3).died(NOW + MINUTE), purpose=CeremonyPurpose.STEP_UP))
        tx.ceremonies.add(_login(4))
        assert tx.ceremonies.purge(NOW + 60 * MINUTE, NOW) == 2
        assert [one.id for one in tx.ceremonies.unfinished_logins("trd_decoy", "strangers", NOW)] == ["cer_1", "cer_4"]


def test_sends_are_counted_by_lane_and_for_the_firm(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        for trader, lane, minutes in (("a", "strangers", 2), ("a", "strangers", 0), ("a", "kcl_1", 1), ("b", "strangers", -1)):
            tx.sends.record(trader, lane, NOW + minutes * MINUTE)
        assert tx.sends.times("a", "strangers", NOW) == [NOW, NOW + 2 * MINUTE]
        assert tx.sends.times("a", "strangers", NOW + MINUTE) == [NOW + 2 * MINUTE]
        assert tx.sends.firm_count(NOW) == 3
