"""Which passwords are taken, and every reason against one that is not (N09-N20; V6.2; R16)."""

from __future__ import annotations

import pytest

from sekisho.domain.authentication.passwords import PasswordPolicy, PasswordProblem, common_passwords, normalised, problems_of
from sekisho.domain.authentication.strength import strength
from sekisho.kernel.secrets import Secret

FIRM = ("Sakura Securities", "Sakura")


def problems(password: str, breached: bool = False) -> set[str]:
    return set(problems_of(normalised(Secret(password)), "aiko.mori", FIRM, lambda _: breached, PasswordPolicy()))


@pytest.mark.parametrize(
    "password",
    [
        "plum blossom under snow",
        "x" * 5 + "yzab" * 3,
        "梅の花が雪の下で咲いている朝",  # 14 characters, 42 bytes
        "a b c d e f!",  # 12 with blanks: no composition rules
        "tr0ub4dor&3 horse",
        "z9" + "kq7" * 42,  # 128 characters
        "🙂🐟🐦🐈🐕🐁🐘🐎🐖🐑🐐🐓",
    ],
)
def test_passwords_that_are_taken(password: str) -> None:
    assert problems(password) == set()


@pytest.mark.parametrize(
    "password, reasons",
    [
        ("", {PasswordProblem.TOO_SHORT, PasswordProblem.COMMON}),
        ("kq7-vn2-xw4", {PasswordProblem.TOO_SHORT}),  # eleven
        ("kq7-vn2-xw4z", set()),  # twelve
        ("z9!" + "kq7" * 42, {PasswordProblem.TOO_LONG}),  # 129: refused, never cut
        ("aaaaaaaaaaaaaaaa", {PasswordProblem.COMMON}),
        ("ababababababab", {PasswordProblem.COMMON}),
        ("I am aiko.mori here", {PasswordProblem.CONTAINS_NAME}),
        ("I am AIKO.MORI here", {PasswordProblem.CONTAINS_NAME}),
        ("my sakura in spring", {PasswordProblem.CONTAINS_FIRM}),
        ("aiko.mori@SAKURA", {PasswordProblem.CONTAINS_NAME, PasswordProblem.CONTAINS_FIRM}),
        ("plum\x00blossom under", {PasswordProblem.UNPRINTABLE}),
        ("plum\nblossom under", {PasswordProblem.UNPRINTABLE}),
        ("plum blossom \ud800 under", {PasswordProblem.UNPRINTABLE}),
    ],
)
def test_every_reason_is_named(password: str, reasons: set[PasswordProblem]) -> None:
    """V6.2: refused with the reason."""
    assert problems(password) == reasons


def test_a_breached_password_is_refused() -> None:
    """N15, V6.2.12: looked up in the imported list."""
    assert problems("plum blossom under snow", breached=True) == {PasswordProblem.BREACHED}


def test_common_passwords_are_built_in_and_long_enough_to_matter() -> None:
    """R16: at least 3,000 of twelve or more characters; each is refused, in any case."""
    common = common_passwords()
    assert len(common) >= 3000
    assert min(len(password) for password in common) >= 12
    for password in sorted(common)[::500]:
        assert PasswordProblem.COMMON in problems(password) and PasswordProblem.COMMON in problems(password.upper())


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    """N17: NFC; half-width and full-width forms stay what they are."""
    assert normalised(Secret("cafe\u0301 au lait chaud")) == normalised(Secret("café au lait chaud"))
    assert normalised(Secret("がぎぐげご")) == normalised(Secret("か\u3099き\u3099く\u3099け\u3099こ\u3099"))
    assert normalised(Secret("ｐｌｕｍ")) != normalised(Secret("plum"))


def test_length_is_counted_in_characters_after_nfc() -> None:
    assert PasswordProblem.TOO_SHORT in problems("e\u0301" * 3 + "kq7vn2xw")  # 11 after NFC, 14 before


@pytest.mark.parametrize("numbers", [{"shortest": 7}, {"longest": 63}, {"longest": 1025}])
def test_numbers_outside_the_bounds_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="NIST"):
        PasswordPolicy(**numbers)


@pytest.mark.parametrize("password, least, most", [("", 0, 0), ("password1234", 0, 1), ("plum blossom under snow", 3, 4)])
def test_the_meter_advises(password: str, least: int, most: int) -> None:
    assert least <= strength(Secret(password), ("aiko",)) <= most


def test_the_meter_bears_very_long_texts() -> None:
    assert strength(Secret("kq7" * 10_000), ()) >= 0
