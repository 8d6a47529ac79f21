"""Reading a role from the command line."""

from __future__ import annotations

from sekisho.domain.accounts import Role
from sekisho.kernel.errors import invalid

__all__ = ["account_roles", "role_named"]


def role_named(text: str) -> Role:
    """Raises INVALID with the roles there are."""
    try:
        return Role(text.strip().lower())
    except ValueError:
        names = ", ".join(role.value for role in Role)
        raise invalid("There is no such role.", f"{text!r}; choose one of {names}") from None


def account_roles(texts: list[str]) -> dict[str, Role]:
    """`U1000007:holder` → number and role; a bare number means trader."""
    roles = {}
    for text in texts:
        number, _, role = text.partition(":")
        roles[number.upper()] = role_named(role or "trader")
    return roles
