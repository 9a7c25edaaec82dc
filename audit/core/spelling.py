"""The one spelling of numbers and bytes in log formats.

Rules:

1. What is parsed is spelled exactly as it would be written: parse, then write, gives the same
   text. So nobody can make two texts, two signatures or two files of one statement.
2. Numbers are below 2^63, the range that PostgreSQL's `bigint` and Go's `int64` share.
3. Decoders that are lenient (`int`, `base64`) decide nothing here.
"""

from __future__ import annotations

import base64
import binascii

from audit.core.errors import MalformedError, shown

__all__ = ["LARGEST_NUMBER", "base64_of", "parse_base64", "parse_decimal"]

LARGEST_NUMBER = 2**63 - 1
_MOST_DIGITS = len(str(LARGEST_NUMBER))


def parse_decimal(text: str, *, what: str) -> int:
    """The number that `text` spells in ASCII decimal digits, without sign or leading zero.

    Args:
        text: the digits.
        what: what the number is, for the error.

    Raises:
        MalformedError: another spelling, or more than 2^63 - 1.
    """
    digits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if not digits or (text[0] == "0" and text != "0") or int(text) > LARGEST_NUMBER:
        raise MalformedError(what, shown(text), "ASCII digits without leading zero, below 2^63")
    return int(text)


def parse_base64(text: str, *, what: str, length: int | None = None) -> bytes:
    """The bytes that `text` spells in standard, padded base64 (RFC 4648, section 4).

    Args:
        text: the characters; empty text is no bytes.
        what: what the bytes are, for the error.
        length: how many bytes they must be; any number if None.

    Raises:
        MalformedError: another alphabet, white space, wrong padding, non-zero trailing bits, or
            another number of bytes.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(what, shown(text), "standard padded base64") from error
    if base64_of(raw) != text:
        raise MalformedError(what, shown(text), "base64 as it is written, with no spare bits")
    if length is not None and len(raw) != length:
        raise MalformedError(what, f"{len(raw)} bytes", f"{length} bytes")
    return raw


def base64_of(raw: bytes) -> str:
    """`raw` in standard, padded base64 (RFC 4648, section 4)."""
    return base64.b64encode(raw).decode("ascii")
