"""The append on the wire: one statement by the extended protocol, in psycopg's own generators.

As a generator it can be sent in the middle of psycopg's COMMIT, where the connection's lock is
held, and outside of it through `connection.wait`. It goes round cursors, and so round any guard.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Sequence
from typing import Any

import psycopg
from psycopg import generators
from psycopg.pq import ExecStatus, Format

__all__ = ["append", "fetch"]

_BYTEA = 17
_BYTEA_ARRAY = 1001
_APPEND = b"SELECT audit.append($1)"

Steps = Generator[Any, Any, Any]


def append(connection: Any, events: Sequence[bytes]) -> Steps:
    """Append events to the stream of the connection's login, in the transaction it is in.

    Raises:
        psycopg.Error: the server refused or could not be reached.
    """
    pgconn = connection.pgconn
    pgconn.send_query_params(
        _APPEND, [_array(events)], param_types=[_BYTEA_ARRAY], param_formats=[Format.BINARY]
    )
    yield from _result(connection)


def fetch(
    connection: Any,
    statement: bytes,
    parameters: Sequence[str] = (),
    types: Sequence[int] = (),
) -> Steps:
    """The rows of a statement, as a libpq result in binary format.

    Args:
        connection: on which it is sent.
        statement: with `$1` … for the parameters.
        parameters: as text.
        types: the parameters' types, by their ids in `pg_type`.

    Raises:
        psycopg.Error: the server refused or could not be reached.
    """
    connection.pgconn.send_query_params(
        statement,
        [each.encode() for each in parameters],
        param_types=list(types),
        result_format=Format.BINARY,
    )
    return (yield from _result(connection))


def _result(connection: Any) -> Steps:
    results = yield from generators.execute(connection.pgconn)
    result = results[-1]
    if result.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        raise psycopg.errors.error_from_result(result, encoding="utf-8")
    return result


def _array(events: Sequence[bytes]) -> bytes:
    # The binary form of bytea[]: dimensions, null flag, element type, length, lower bound.
    parts = [struct.pack("!iiIii", 1, 0, _BYTEA, len(events), 1)]
    for event in events:
        parts += (struct.pack("!i", len(event)), event)
    return b"".join(parts)
