"""The streams of a project with `tenancy`: one for each tenant, and the platform's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from audit.setup import PLATFORM_STREAM, close_writer, is_set_up, open_stream
from tenancy import conf
from tenancy.logins.names import FixedLogin, fixed_login, opaque_id

__all__ = ["grant", "revoke", "stream_of", "streams"]


def stream_of(stamp: str) -> str:
    """The name of the stream of a scope: `platform`, or the tenant's opaque id."""
    if not stamp.startswith("tenant:"):
        return PLATFORM_STREAM
    return opaque_id(_database(), stamp)


def streams(connection: Any) -> Iterator[tuple[str, str]]:
    """(stream, login) of every login that appends: the platform's and each tenant's."""
    yield PLATFORM_STREAM, fixed_login(_database(), FixedLogin.PLATFORM)
    for schema, login in _tenants(connection):
        yield stream_of(f"tenant:{schema}"), login


def grant(*, login: str, stamp: str, connection: Any, **kwargs: Any) -> None:
    """Open a new login's stream in the transaction that makes it."""
    if is_set_up(connection):
        open_stream(connection, name=stream_of(stamp), login=login)


def revoke(*, login: str, connection: Any, **kwargs: Any) -> None:
    """A tenant that is deleted appends no more; its events stay, and with them the proof."""
    if is_set_up(connection):
        close_writer(connection, login=login)


def _tenants(connection: Any) -> list[tuple[str, str]]:
    query = sql.SQL("SELECT schema_name, login FROM {}.tenancy_login WHERE state <> 'requested'")
    platform = sql.Identifier(conf.platform_schema())
    found: list[tuple[str, str]] = connection.execute(query.format(platform)).fetchall()
    return found


def _database() -> str:
    return str(conf.database()["NAME"])
