"""The stuffer: lists of names and passwords from elsewhere, many addresses, no phone (R1, R2, R3)."""

from __future__ import annotations

from datetime import timedelta

from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.checkpoint import Action, admits
from sekisho.flows.complete_login import Complete
from sekisho.flows.count_attempt import decoy_row
from sekisho.flows.log_in import PasswordStep, submit_password
from sekisho.flows.ports.own_gate import LoginFilter
from sekisho.flows.purge_rows import purge_rows
from sekisho.flows.watch_logins import close_expired_logins
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from sekisho.web.http.tally import FirstInAnHour
from tests.flows.house import House, Person, caller
from tests.web.portal.brokerage import Brokerage

NAMES = ("aiko", "botan", "chie")


def test_a_spray_over_many_names_never_locks_owners_out_of_known_clients(house: House) -> None:
    people = [house.enrol(name) for name in NAMES]
    tokens = [house.log_in(person).client_token for person in people]
    for round_number in range(12):
        for number, name in enumerate((*NAMES, "nobody", "admin", "root")):
            house.give_password(name, f"stolen password {round_number}", caller(f"198.51.{round_number}.{number}"))
    for person, token in zip(people, tokens, strict=True):
        assert isinstance(house.give_password(person.username, person.password), Refused)  # strangers wait
        assert isinstance(house.log_in(person, caller(client_token=token)), Complete)  # the owner does not


def test_a_spray_checks_five_passwords_a_name_in_a_quarter_of_an_hour(house: House, aiko: Person) -> None:
    checked = house.quick.verified
    for number in range(60):
        house.clock.advance(seconds=14)
        house.give_password("aiko", f"stolen password {number}", caller(f"198.51.100.{number}"))
    assert house.quick.verified - checked == 5


def test_a_flood_of_activation_codes_fills_no_log(brokerage: Brokerage) -> None:
    """R8, R16: the first of an hour of a source stands in the audit log, kept for years; an owner beside him is not kept out."""
    flood, owner = brokerage.browser(), brokerage.browser()
    flood.see("/activate")
    for number in range(40):
        name = "hanako" if number % 2 else "nobody-here"
        assert flood.send("/activate", username=name, activation_code=f"WRONG-{number}").status_code == 401
    with brokerage.storage.reading() as tx:
        assert [entry.kind for entry in tx.audit.unsealed(1_000)].count("activation.refused") == 1
    owner.begin_activation("hanako")


def test_an_hour_tells_a_hundred_sources_once_each() -> None:
    now = [0.0]
    first = FirstInAnHour(lambda: now[0])
    assert [first("192.0.2.1/32"), first("192.0.2.1/32"), first("192.0.2.2/32")] == [True, False, True]
    assert sum(first(f"198.51.100.{n}/32") for n in range(200)) == 98
    now[0] = 3600.0
    assert first("192.0.2.1/32") and first("198.51.100.199/32")


def test_unknown_names_fill_no_table(house: House, aiko: Person) -> None:
    """R1: they write to decoys, of which there are 4,096, and are never restricted."""
    for number in range(30):
        house.clock.advance(hours=1)
        assert house.give_password("nobody-here", f"guess {number}", caller(f"198.51.100.{number}")) == Refused(Reason.UNKNOWN_NAME)
    ever = LoginFilter(house.clock() - timedelta(days=30_000), house.clock() + timedelta(days=1))
    with house.storage.reading() as tx:
        assert tx.traders.by_username("nobody-here") is None
        assert [one.times for one in tx.logins.of([decoy_row("nobody-here", house.deps)], ever, 100)] == [30]
    purge_rows(timedelta(days=30), house.deps)
    with house.storage.reading() as tx:
        assert tx.logins.of([decoy_row("nobody-here", house.deps)], ever, 100) == []
    assert house.audited("login.restricted") == 0


def test_a_right_password_opens_nothing_and_is_told_to_the_owner(house: House, aiko: Person) -> None:
    """N14: and from two sources it is changed at the owner's next login."""
    for address in ("198.51.100.1", "198.51.100.2"):
        assert isinstance(house.give_password("aiko", aiko.password, caller(address)), Begun)
    house.clock.advance(minutes=15)
    close_expired_logins(house.deps)
    assert house.kinds()["password_without_second_factor"] >= 1
    live = house.present(house.log_in(aiko))
    assert admits(Action.SEE_OVERVIEW, live, house.clock()).refused


def test_a_flood_from_one_source_leaves_places_for_others(house: House, aiko: Person) -> None:
    """R2: at most four waiting per source; a guess that finds no place is no try."""
    places = [house.pool.admit(caller().source, known=False) for _ in range(4)]
    assert len(places) == 4
    assert house.outcome_of(submit_password(PasswordStep("aiko", Secret("guess")), caller(), house.deps)) == "unavailable"
    assert isinstance(house.give_password("aiko", aiko.password, caller("192.0.2.1")), Begun)
    assert house.failures(aiko) == (0, 0)
