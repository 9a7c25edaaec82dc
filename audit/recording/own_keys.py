"""The key of a connection's own stream, asked for once per process and login.

Limit: a process keeps a key for as long as the log takes what is sealed under it; the append
function refuses a key that is not the current one, and then it is asked for again.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from django.core.signals import setting_changed

from audit.exceptions import AuditRefusedError
from audit.recording import wire
from audit.stream_keys import StreamKey, unwrap

__all__ = ["forget", "own_key"]

_ASK = b"SELECT stream, version, master_version, wrapped FROM audit.own_key()"
_kept: dict[tuple[str, str, str, str], StreamKey] = {}


def own_key(connection: Any) -> Generator[Any, Any, StreamKey]:
    """The current key of the stream that the connection's login appends to.

    Raises:
        AuditRefusedError: the login has no stream, or its stream has no key.
        KeyDestroyedError: the key does not open under the configured master keys.
        psycopg.Error: the server could not be asked.
    """
    found = _kept.get(_place(connection))
    if found is not None:
        return found
    result = yield from wire.fetch(connection, _ASK)
    row: list[Any] = [None]
    if result.ntuples:
        row = [result.get_value(0, column) for column in range(4)]
    if None in row:
        message = (
            "refused: an access without a record. Found: a login that has no stream, or whose "
            "stream has no key. Needed: audit_setup."
        )
        raise AuditRefusedError(message, reason="audit:stream:missing")
    stream, version, master, wrapped = row
    key = unwrap(stream.decode(), int.from_bytes(version), int.from_bytes(master), bytes(wrapped))
    _kept[_place(connection)] = key
    return key


def forget(connection: Any) -> None:
    """Ask again the next time."""
    _kept.pop(_place(connection), None)


def _place(connection: Any) -> tuple[str, str, str, str]:
    info = connection.info
    return info.host, str(info.port), info.dbname, info.user


def _forget_all(*, setting: str, **kwargs: Any) -> None:
    if setting in {"AUDIT", "DATABASES"}:
        _kept.clear()


setting_changed.connect(_forget_all, dispatch_uid="audit.recording.own_keys")
