"""Phone numbers in E.164, and Brazil's ninth digit, which WhatsApp leaves out of old numbers."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

__all__ = ["both_forms", "parse_phone", "validate_phone"]

_E164 = re.compile(r"\+[1-9]\d{7,14}")
_NATIONAL = re.compile(r"[1-9]\d(?:9\d{8}|[2-9]\d{7})")
_MOBILE = re.compile(r"\+55([1-9]\d)9([6-9]\d{7})")
_OLD_MOBILE = re.compile(r"\+55([1-9]\d)([6-9]\d{7})")


def parse_phone(text: str) -> str | None:
    """The number in E.164, or None if it is no phone number.

    Digits with 10 or 11 places and an area code are taken as Brazilian.
    """
    digits = re.sub(r"[^\d+]", "", text)
    if not digits.startswith("+"):
        digits = digits.lstrip("0")
        digits = f"+55{digits}" if _NATIONAL.fullmatch(digits) else f"+{digits}"
    return digits if _E164.fullmatch(digits) else None


def both_forms(phone: str) -> tuple[str, ...]:
    """The number as it is first, then with or without the ninth digit where both can be meant."""
    if found := _MOBILE.fullmatch(phone):
        return (phone, f"+55{found[1]}{found[2]}")
    if found := _OLD_MOBILE.fullmatch(phone):
        return (phone, f"+55{found[1]}9{found[2]}")
    return (phone,)


def validate_phone(value: str) -> None:
    """Check that a value is E.164.

    Raises:
        ValidationError: it is not.
    """
    if not _E164.fullmatch(value):
        raise ValidationError("Informe o telefone com DDD, por exemplo +5511987654321.")
