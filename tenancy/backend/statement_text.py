"""What was given to a cursor, as the one text that is judged and sent."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from tenancy.exceptions import StatementRefusedError

__all__ = ["text_of"]


def text_of(query: object, connection: psycopg.Connection[Any]) -> str:
    """The text that psycopg would send for `query`, before parameters are put in.

    Raises:
        StatementRefusedError: it is neither text nor `psycopg.sql`, or cannot be encoded.
    """
    if isinstance(query, str):
        return str.__str__(query)
    try:
        if isinstance(query, bytes):
            return bytes(query).decode("utf-8")
        if isinstance(query, sql.Composable):
            return str.__str__(query.as_string(connection))
    except UnicodeError:
        # The codec's message quotes the statement, so the cause is not kept.
        message = "refused: a statement that is not UTF-8. Needed: text that can be encoded."
        reason = "statement:unparsable:refused"
        raise StatementRefusedError(message, reason=reason) from None
    message = f"refused: a statement of type {type(query).__name__}. Needed: text or psycopg.sql."
    raise StatementRefusedError(message, reason="statement:type:refused")
