"""R9: heads that cannot be relied on open nothing, and nothing that they carry is passed over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sekisho.domain.audit.standing import Standing, standing_text
from sekisho.flows.seal_audit import publish_head
from sekisho.kernel.decision import Refused
from sekisho.kernel.errors import SekishoError
from tests.flows.house import Person
from tests.flows.older_copy import Place, accepted, why_closed


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
