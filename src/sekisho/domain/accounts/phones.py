"""Phone numbers: kept as E.164, shown masked (R16, J34)."""

from __future__ import annotations

import phonenumbers

from sekisho.kernel.errors import invalid

__all__ = ["checked_phone", "country_code", "masked_phone"]


def checked_phone(text: str) -> str:
    """E.164 text of a valid number that can be a mobile phone. Raises SekishoError INVALID, without the number."""
    problem = invalid("Write the phone number with its country code, such as +81 90 1234 5678.", "phone")
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise problem from None
    kinds = phonenumbers.PhoneNumberType
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in (
        kinds.MOBILE,
        kinds.FIXED_LINE_OR_MOBILE,
        kinds.PERSONAL_NUMBER,
    ):
        raise problem
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def country_code(phone: str) -> str:
    """`+81` of an E.164 number, for the firm's allow-list (R3)."""
    return f"+{phonenumbers.parse(phone, None).country_code}"


def masked_phone(phone: str) -> str:
    """`+81 ·· ···· ··42`: the country and the last two digits, enough for the owner to recognise it."""
    return f"{country_code(phone)} ·· ···· ··{phone[-2:]}"
