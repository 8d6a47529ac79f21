"""Further customers of the demo's brokerage, who make its market. They are known to the broker's systems and never log in to the portal."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CUSTOMERS", "Customer"]


@dataclass(frozen=True, slots=True)
class Customer:
    username: str
    name: str
    number: str
    phone: str


_FAMILIES = ("Ito", "Yamada", "Suzuki", "Kobayashi", "Yoshida", "Matsui", "Inoue", "Kimura", "Hayashi", "Shimizu", "Yamaguchi", "Ikeda")
_GIVEN = ("Daiki", "Sakura")

CUSTOMERS = tuple(
    Customer(f"{given}.{family}".lower(), f"{given} {family}", f"U2{place:06d}", f"+8190123457{place:02d}")
    for place, (family, given) in enumerate(((family, given) for family in _FAMILIES for given in _GIVEN), start=1)
)
"""Twenty-four of them."""
