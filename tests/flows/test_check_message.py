"""A trader asks whether a message is from us: what it was about, when, and to whom; of his own messages alone (R10, J12)."""

from __future__ import annotations

import pytest

from sekisho.domain.notifications import Channel
from sekisho.flows.check_message import check_message
from sekisho.flows.ports.delivery import MessageState, OutboxMessage
from sekisho.flows.ports.memory import LiveSession
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import House, Person


@pytest.fixture
def live(house: House, aiko: Person) -> LiveSession:
    return house.present(house.log_in(aiko))


def notice(house: House) -> OutboxMessage:
    return next(one for one in house.messages() if one.kind == "login_unknown_client")


def test_yes_with_what_it_was_about_when_and_to_whom(house: House, live: LiveSession) -> None:
    sent = notice(house)
    found = check_message(sent.reference, live, house.deps)
    assert found is not None
    assert (found.about, found.written) == ("Login from a new device or program", sent.created)
    assert (found.channel, found.masked, found.state) == (Channel.SMS, "+81 ·· ···· ··78", MessageState.WAITING)


def test_it_is_known_after_it_was_sent_and_after_it_was_given_up(house: House, live: LiveSession) -> None:
    with house.storage.transaction() as tx:
        claimed = tx.outbox.claim_due(house.clock(), 100)
        for message in claimed:
            settle = tx.outbox.sent if message.kind == "login_unknown_client" else tx.outbox.dead
            settle(message, house.clock(), "")
    for message in claimed:
        if message.reference:
            found = check_message(message.reference, live, house.deps)
            assert found is not None and found.masked == "+81 ·· ···· ··78"
            assert found.state is (MessageState.SENT if message.kind == "login_unknown_client" else MessageState.DEAD)


@pytest.mark.parametrize("typed", ["{}", " {} ", "{small}", "{wide}", "{joined}", "{joined} ", "{dash}"])
def test_it_may_be_typed_as_people_type(house: House, live: LiveSession, typed: str) -> None:
    reference = notice(house).reference
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in reference)
    joined = reference.replace("-", "")
    written = typed.format(reference, small=reference.lower(), wide=wide, joined=joined, dash=reference.replace("-", "ー"))
    assert check_message(written, live, house.deps) is not None


@pytest.mark.parametrize("typed", ["", "KQMX", "KQMX-TRWP-X", "KQMX-TRW1", "' OR 1=1 --", "кqмх-тrwр", "\x00" * 8, "A" * 100_000])
def test_what_can_be_no_reference_is_said_to_be_none(house: House, live: LiveSession, typed: str) -> None:
    with pytest.raises(SekishoError) as refused:
        check_message(typed, live, house.deps)
    assert refused.value.kind is Kind.INVALID


def test_a_code_is_never_vouched_for(house: House, live: LiveSession) -> None:
    """A code has no reference; and nothing that it carries opens anything here."""
    codes = [one for one in house.messages() if one.code]
    assert codes and {one.reference for one in codes} == {""}
    assert check_message("ZZZZ-ZZZZ", live, house.deps) is None
