"""Turns psycopg's placeholders into numbered ones, and says where each of them stands.

Rules:

1. Placeholders are found by psycopg's own splitter, so that guard and driver cannot differ.
2. Every occurrence has a number and a position of its own; a name that is used twice counts twice.
   The policy demands that the parsed tree has its parameters at exactly these positions: a `%s`
   in a literal, a comment or an identifier, which client-side binding would fill with quoted
   text and so break out of, is at none.
3. A placeholder that touches an identifier, a number, a quote or a dot is refused: what the driver
   puts there would be read as one word with its neighbour.
4. Text without parameters is not touched; psycopg does not look for placeholders in it either.

Limit: the guard parses `$1` where client-side binding sends a literal with a type
(`'2020-01-01'::date`). What may follow an expression (a subscript, `COLLATE`) may then belong to
the type; it can name another type or element of the value, never a relation or a function.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from psycopg._queries import _split_query
from psycopg.errors import ProgrammingError

from tenancy.guard.reasons import Reason

__all__ = ["Numbered", "PlaceholderError", "Style", "numbered"]

# `$` may go on in an identifier, bytes from 0x80 on are letters to PostgreSQL's scanner, and
# U& before a literal changes how the literal is read.
_TOUCHES_BEFORE = re.compile(rb"""(?:[A-Za-z0-9_$."'\x80-\xff]|[uU]&)\Z""")
_TOUCHES_AFTER = re.compile(rb"""[A-Za-z0-9_$."'\x80-\xff]""")


class Style(enum.Enum):
    """How a cursor writes its placeholders."""

    PERCENT = "percent"
    RAW = "raw"


class PlaceholderError(ValueError):
    """The placeholders cannot be told from the statement; `reason` says which rule refused."""

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbered:
    """A statement with `$1` … `$count`.

    `positions` are the byte offsets of the placeholders in the UTF-8 text, in rising order; None
    means that the statement was written with `$n` (`Style.RAW`), bound by the server only.
    """

    text: str
    count: int
    positions: tuple[int, ...] | None


def numbered(statement: str, *, style: Style, has_params: bool) -> Numbered:
    """The statement as PostgreSQL's parser has to see it.

    `has_params` is whether the driver was given parameters at all; an empty sequence counts.

    Raises:
        PlaceholderError: psycopg refuses the placeholders, one of them touches a word or a quote,
            or the text has a NUL or a lone surrogate, which no statement can carry.
    """
    if "\0" in statement:
        raise PlaceholderError("found a NUL character", Reason.STATEMENT_UNPARSABLE)
    if not has_params:
        _encoded(statement)
        return Numbered(text=statement, count=0, positions=())
    if style is Style.RAW:
        _encoded(statement)
        return Numbered(text=statement, count=0, positions=None)
    return _from_percent(_encoded(statement))


def _encoded(statement: str) -> bytes:
    try:
        return statement.encode()
    except UnicodeEncodeError as error:
        message = f"found a lone surrogate at character {error.start}"
        raise PlaceholderError(message, Reason.STATEMENT_UNPARSABLE) from error


def _from_percent(statement: bytes) -> Numbered:
    try:
        parts = _split_query(statement, "utf-8")
    except (ProgrammingError, IndexError, UnicodeDecodeError) as error:
        message = "found a placeholder that psycopg does not take"
        raise PlaceholderError(message, Reason.PLACEHOLDER_SYNTAX) from error
    texts = [part.pre for part in parts]
    chunks = [texts[0]]
    positions = []
    length = len(texts[0])
    for number, text in enumerate(texts[1:], start=1):
        if _TOUCHES_BEFORE.search(chunks[-1][-2:]) or _TOUCHES_AFTER.match(text):
            message = f"placeholder {number} touches a word or a quote"
            raise PlaceholderError(message, Reason.PLACEHOLDER_POSITION)
        placeholder = b"$%d" % number
        positions.append(length)
        chunks += (placeholder, text)
        length += len(placeholder) + len(text)
    joined = b"".join(chunks).decode()
    return Numbered(text=joined, count=len(positions), positions=tuple(positions))
