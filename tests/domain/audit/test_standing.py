"""R9: what a head says stands against somebody is read as it was written, or not at all."""

from __future__ import annotations

import pytest

from sekisho.domain.audit.standing import Standing, read_standing, standing_text

ACCOUNT, TRADER, PHONE = (f"{prefix}_01kn44arqvec4t08zcw4bxbpnn" for prefix in ("acc", "trd", "aut"))


@pytest.mark.parametrize(
    "text, meant",
    [
        (standing_text(Standing.FROZEN, ACCOUNT, "disputed"), (Standing.FROZEN, ACCOUNT, "disputed")),
        (standing_text(Standing.SUSPENDED, TRADER), (Standing.SUSPENDED, TRADER, "")),
        (f"frozen:disputed:{ACCOUNT}", (Standing.FROZEN, ACCOUNT, "disputed")),
        (PHONE, (Standing.DISABLED, PHONE, "")),  # as the first heads named it
    ],
)
def test_a_standing_is_a_word_an_id_and_of_a_freeze_its_reason(text: str, meant: tuple[Standing, str, str]) -> None:
    assert read_standing(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        f"frozen:{ACCOUNT}",
        f"frozen::{ACCOUNT}",
        f"frozen:dis puted:{ACCOUNT}",
        f"frozen:desk:disputed:{ACCOUNT}",
        f"frozen:desk:{TRADER}",
        f"suspended:desk:{TRADER}",
        f"banished:{TRADER}",
        f":{TRADER}",
        ACCOUNT,
        "",
    ],
)
def test_whatever_else_a_head_says_is_not_passed_over(text: str) -> None:
    with pytest.raises(ValueError):
        read_standing(text)
