"""At most one notice per kind and hour, then a digest; logins and changes never (R10)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sekisho.domain.notifications import NoticeKind
from sekisho.domain.notifications.rationing import Admission, admits_now

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


@pytest.mark.parametrize(
    "last_due, how, due",
    [
        (None, Admission.SEND, 0),
        (-60, Admission.SEND, 0),
        (-59, Admission.DIGEST, 1),  # the digest leaves when the hour is over
        (0, Admission.DIGEST, 60),
        (1, Admission.HELD, 1),  # a digest waits already
        (61, Admission.SEND, 0),  # the clock was set back: no silence
    ],
)
@pytest.mark.parametrize("kind", [NoticeKind.ADDRESS_REFUSED, NoticeKind.LOGIN_RESTRICTED, NoticeKind.LOGIN_UNRESTRICTED])
def test_strangers_cannot_make_us_flood_a_trader(kind, last_due, how, due):
    """Nor does he who holds a session, where strangers fail and he lifts it again and again."""
    admitted = admits_now(kind, None if last_due is None else minutes(last_due), NOW)
    assert (admitted.how, admitted.due) == (how, minutes(due))


@pytest.mark.parametrize(
    "kind",
    [
        NoticeKind.LOGIN_UNKNOWN_CLIENT, NoticeKind.LOGIN_KNOWN_CLIENT, NoticeKind.PASSWORD_CHANGED, NoticeKind.CONTACT_CHANGED,
        NoticeKind.AUTHENTICATOR_CHANGED,
        NoticeKind.TRADER_RESET, NoticeKind.TRADER_ACTIVATED, NoticeKind.AUTHENTICATOR_DISABLED, NoticeKind.PASSWORD_CHANGE_FORCED,
    ],
)  # fmt: skip
def test_logins_and_changes_are_told_each_time(kind):
    assert admits_now(kind, NOW, NOW).how is Admission.SEND


def test_a_flood_of_one_kind_sends_one_message_an_hour():
    last, sent = None, []
    for minute in range(0, 600, 7):
        admitted = admits_now(NoticeKind.LOGIN_RESTRICTED, last, minutes(minute))
        if admitted.how is not Admission.HELD:
            last = admitted.due
            sent.append(admitted.due)
    assert all(later - earlier >= timedelta(hours=1) for earlier, later in pairwise(sent))
    assert len(sent) >= 10
