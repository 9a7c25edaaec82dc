"""`ENGINE = "tenancy.backend"`: Django's PostgreSQL backend with the connection chosen by scope.

At every cursor the current scope decides which login's connection is used. The wrapper itself
remembers nothing about a tenant: Django's transaction state lives in the `Session` of the current
unit of work. Outside any scope no connection can be had (`NoTenantError`).

django-tenants' calls (`set_tenant`, `set_schema`, `schema_name` …) are answered from the scope,
see `tenancy.backend.django_tenants_api`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base as django_postgresql
from django.db.backends.postgresql.psycopg_any import register_tzloader
from django.db.backends.signals import connection_created
from django_tenants.postgresql_backend.introspection import DatabaseSchemaIntrospection
from psycopg import sql
from psycopg.postgres import types as postgres_types
from psycopg.pq import Format
from typing_extensions import override

from tenancy import signals
from tenancy.backend.client import DatabaseClient
from tenancy.backend.creation import DatabaseCreation
from tenancy.backend.cursors import TenantConnection, TenantServerSideCursor
from tenancy.backend.django_tenants_api import DjangoTenantsApi
from tenancy.backend.lending import lend
from tenancy.backend.operations import DatabaseOperations
from tenancy.backend.sessions import Session, SessionState
from tenancy.context import current_scope, require_scope
from tenancy.exceptions import NoTenantError
from tenancy.registry import server_version
from tenancy.scopes import ScopeKind

__all__ = ["DatabaseWrapper"]

_TIMESTAMPTZ = postgres_types["timestamptz"].oid


class DatabaseWrapper(DjangoTenantsApi, django_postgresql.DatabaseWrapper):
    """Django's wrapper, lending connections from the process-wide pool.

    Guarantees: a statement is sent only on a connection that was opened as the current scope's
    own login and lent to the current unit of work.

    Raises (from every method that needs the server):
        NoTenantError: there is no scope.
        PoolTimeoutError: the pool's ceiling was reached for too long.
    """

    ops_class = DatabaseOperations
    introspection_class = DatabaseSchemaIntrospection
    creation_class = DatabaseCreation
    client_class = DatabaseClient

    connection = SessionState()
    autocommit = SessionState()
    in_atomic_block = SessionState()
    savepoint_state = SessionState()
    savepoint_ids = SessionState()
    atomic_blocks = SessionState()
    commit_on_exit = SessionState()
    needs_rollback = SessionState()
    rollback_exc = SessionState()
    close_at = SessionState()
    closed_in_transaction = SessionState()
    errors_occurred = SessionState()
    health_check_enabled = SessionState()
    health_check_done = SessionState()
    run_on_commit = SessionState()
    run_commit_hooks_on_set_autocommit_on = SessionState()

    @property
    def session(self) -> Session:
        """The transaction state of this wrapper in the current unit of work.

        Outside any unit it is an empty one, made anew each time: nothing written to it stays.
        """
        scope = current_scope()
        if scope is None or scope.unit.ended:
            return Session(None)
        session = scope.unit.sessions.get(self)
        if session is None:
            session = scope.unit.sessions.setdefault(self, Session(scope.unit, scope.schema))
        return session  # type: ignore[return-value]  # -- this wrapper's key holds sessions only

    @override
    def ensure_connection(self) -> None:
        try:
            require_scope()
        except NoTenantError as error:
            signals.access_refused.send(sender=DatabaseWrapper, error=error)
            raise
        super().ensure_connection()

    @override
    def connect(self) -> None:
        # Django calls this once per connection; here it is once per unit of work, and mostly for
        # a connection that was set up before: what concerns the server is done once for each.
        session = self.session
        session.begin()
        connection = session.connection = self._lent(self.get_connection_params)
        session.autocommit = connection.autocommit
        if not self.settings_dict["AUTOCOMMIT"]:
            self.set_autocommit(False)
        if not connection.is_set_up:
            self.init_connection_state()
            connection_created.send(sender=type(self), connection=self)
            connection.is_set_up = True

    @override
    def get_new_connection(self, conn_params: dict[str, Any]) -> TenantConnection:
        return self._lent(lambda: conn_params)

    def _lent(self, params: Callable[[], dict[str, Any]]) -> TenantConnection:
        session = self.session
        connection, session.pool = lend(require_scope(), self.settings_dict, params)
        self.isolation_level = connection.isolation_level
        connection.lease = session
        return connection

    @override
    def _set_autocommit(self, autocommit: bool) -> None:
        # A lent connection is in autocommit already; psycopg's setter would take its lock again.
        if self.connection.autocommit != autocommit:
            super()._set_autocommit(autocommit)

    @override
    def _cursor(self, name: str | None = None) -> Any:
        scope = current_scope()
        if scope is not None and scope.kind is ScopeKind.OWNER:
            self._focus_owner()
        return super()._cursor(name)

    @override
    def create_cursor(self, name: str | None = None) -> Any:
        if not name:
            return super().create_cursor(name)
        cursor = TenantServerSideCursor(
            self.connection, name=name, scrollable=False, withhold=self.connection.autocommit
        )
        loader = self.connection.adapters.get_loader(_TIMESTAMPTZ, Format.TEXT)
        if self.timezone != loader.timezone:
            register_tzloader(self.timezone, cursor)
        return cursor

    @override
    def _close(self) -> None:
        self.session.discard()

    @override
    def close_if_unusable_or_obsolete(self) -> None:
        # Django calls this before and after each request, outside of its scope: the pool has
        # already taken the connections back and looks at them before it lends them again.
        return

    @override
    def rollback(self) -> None:
        super().rollback()
        self._forget_focus()

    @override
    def savepoint_rollback(self, sid: str) -> None:
        super().savepoint_rollback(sid)
        self._forget_focus()

    @override
    def ensure_timezone(self) -> bool:
        return False

    @property
    def pg_version(self) -> int:
        """The server's version number, known without a scope (170010 is 17.10)."""
        connection = self.connection
        return connection.info.server_version if connection else server_version()

    def _focus_owner(self) -> None:
        # Only the owner's path moves, for migrations that visit many schemas. SET is undone by a
        # rollback, so what was set is forgotten there (see `rollback`).
        session = self.session
        self.ensure_connection()
        if self.connection.focus == session.focus:
            return
        path = sql.SQL("SET search_path = {}, pg_temp").format(sql.Identifier(session.focus))
        with self.wrap_database_errors:
            self.connection.execute(path)
        self.connection.focus = session.focus

    def _forget_focus(self) -> None:
        if self.connection is not None:
            self.connection.focus = None
