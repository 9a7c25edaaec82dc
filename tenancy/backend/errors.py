"""What a database error may say once it has left the connection: its kind and names of objects.

PostgreSQL quotes rows and parameters in its errors: DETAIL has the key that was there already,
the message itself the text that was no number. Here they are taken out of psycopg's own error, at
the source, so that Django's error made from it, a traceback, a log line, an error reporter and
`str(error)` in an answer have nothing to tell. `sqlstate`, `diag.constraint_name`,
`diag.table_name` and the like stay, for code that decides by them; `pgresult` is gone.

Limit: names come from the schema, not from rows; whoever names a constraint after a customer tells
it. What a trigger's RAISE says is dropped with the rest. The server's own log is not ours to
clean: see `log_min_error_statement` and `log_error_verbosity` in `tenancy/docs/how-to-logs.md`.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import DiagnosticField

from tenancy import conf

__all__ = ["is_sanitised", "sanitise"]

_KEPT = (
    DiagnosticField.SEVERITY,
    DiagnosticField.SEVERITY_NONLOCALIZED,
    DiagnosticField.SQLSTATE,
    DiagnosticField.SCHEMA_NAME,
    DiagnosticField.TABLE_NAME,
    DiagnosticField.COLUMN_NAME,
    DiagnosticField.DATATYPE_NAME,
    DiagnosticField.CONSTRAINT_NAME,
    DiagnosticField.SOURCE_FILE,
    DiagnosticField.SOURCE_LINE,
    DiagnosticField.SOURCE_FUNCTION,
)
# Messages that quote the names of relations, columns and functions as the statement has them. The
# statements of the owner are DDL from migrations, and without the name nobody could mend one.
_NAMING = frozenset({"42P01", "42P06", "42P07", "42701", "42703", "42704", "42710", "42883"})
# Classes of errors about the connection, the transaction and the server, in fixed words.
_IN_FIXED_WORDS = frozenset({"08", "25", "40", "53", "55", "57"})


class _Facts(dict[DiagnosticField, bytes | None]):
    """What is left of the server's report; its type is the mark of a sanitised error."""


def sanitise(error: psycopg.Error, *, of_owner: bool = False) -> None:
    """Take row values, parameters and statement texts out of an error; once is enough.

    `of_owner` keeps the message where it names missing or doubled objects only.
    """
    if is_sanitised(error) or conf.shows_error_details():
        return
    info: Any = error._info  # noqa: SLF001 -- psycopg has no other way to what the server said
    if not info:
        text = _of_driver(error)
        error.__cause__ = error.__context__ = None
    else:
        text = _of_server(error, of_owner=of_owner)
    facts = _Facts.fromkeys(DiagnosticField)
    for field in _KEPT if info else ():
        facts[field] = info.get(field) if isinstance(info, dict) else info.error_field(field)
    facts[DiagnosticField.MESSAGE_PRIMARY] = text.encode()
    error.args = (text,)
    error._info = facts  # type: ignore[assignment]  # noqa: SLF001 -- the dict form of a pickled error
    error._encoding = "utf-8"  # noqa: SLF001 -- as above


def is_sanitised(error: BaseException) -> bool:
    """Whether a psycopg error went through `sanitise`, so that its text may be shown."""
    return isinstance(getattr(error, "_info", None), _Facts)


def _of_server(error: psycopg.Error, *, of_owner: bool) -> str:
    found, state = error.diag, error.sqlstate or "no SQLSTATE"
    is_plain = state[:2] in _IN_FIXED_WORDS or (of_owner and state in _NAMING)
    # A function may raise any SQLSTATE with any text.
    if is_plain and not str(found.source_function).startswith("exec_stmt_"):
        return f"{type(error).__name__} ({state}): {found.message_primary}"
    names = (
        ("table", found.table_name),
        ("column", found.column_name),
        ("type", found.datatype_name),
        ("constraint", found.constraint_name),
    )
    told = ", ".join(f"{kind} {name}" for kind, name in names if name)
    return f"{type(error).__name__} ({state})" + (f": {told}" if told else "")


def _of_driver(error: psycopg.Error) -> str:
    text = str(error)
    if isinstance(error, psycopg.DataError) or "'" in text or '"' in text:
        # Here psycopg quotes what it could not read or write.
        return f"{type(error).__name__}, raised by the driver"
    return text
