"""From a scope to a connection: which login, which secret, which settings, whose guard.

- tenant: its own login; refused here if the registry does not call it active.
- platform: the platform's login.
- owner: the owner's credentials, if this process has them; no guard.

The guarded connections pin search_path, time zone and time-outs when they start, unless a pooler
is in front, which refuses start-up options; the same settings are stored on each login.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.signals import setting_changed
from django.db.backends.postgresql.base import ServerBindingCursor

from tenancy import conf, registry
from tenancy.backend.connections import Pool, Target
from tenancy.backend.cursors import (
    TenantConnection,
    TenantCursor,
    TenantServerBindingCursor,
    TenantServerSideCursor,
)
from tenancy.exceptions import NoTenantError
from tenancy.guard.cache import Guard
from tenancy.guard.policy import Policy
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.logins.opening import open_with_any
from tenancy.refusals import refused
from tenancy.scopes import Scope, ScopeKind

__all__ = ["evict_inactive", "guard", "lend", "pool", "quarantine_connection"]


_made: dict[str, Pool] = {}

# Passwords are derived when a connection is opened, not for each one that is lent; the likeliest
# first, because a rotation may be under way.
_Secrets = Callable[[], Iterable[str]]


def pool() -> Pool:
    """The one pool of this process."""
    # Of two threads that ask first, functools.cache would give each its own.
    return _made.get("pool") or _made.setdefault("pool", _new_pool())


def _new_pool() -> Pool:
    limits = conf.tenancy()
    return Pool(
        ceiling=limits.pool_ceiling,
        wait_seconds=limits.pool_wait_seconds,
        idle_seconds=limits.pool_idle_seconds,
    )


@functools.cache
def guard() -> Guard:
    """The one guard of this process, with the project's additions to the allow-lists."""
    tenancy = conf.tenancy()
    policy = Policy(
        explain_allowed=tenancy.explain_allowed,
        functions=tenancy.extra_functions,
        types=tenancy.extra_types,
        relations=frozenset(tenancy.shared_tables),
        extension_schema=tenancy.extension_schema,
    )
    return Guard(policy, size=tenancy.guard_cache_size)


def lend(
    scope: Scope, database: Mapping[str, Any], params: Callable[[], dict[str, Any]]
) -> tuple[TenantConnection, Pool]:
    """A connection for the scope's login, and the pool to give it back to.

    `params` is asked only when a new one has to be opened.

    Raises:
        NoTenantError: the tenant is not active, or this process may not act as the owner.
        PoolTimeoutError: the ceiling was reached for too long.
    """
    name = str(database["NAME"])
    login, secrets = _credentials(scope, name)
    schema = scope.schema if scope.kind is not ScopeKind.OWNER else ""
    target = Target(name, login, schema, str(database["HOST"]), str(database["PORT"]))
    lender = pool()
    return lender.acquire(target, lambda: _open(scope.kind, target, secrets, params)), lender


@contextmanager
def quarantine_connection() -> Iterator[psycopg.Connection[Any]]:
    """A connection as the quarantine's login, for one INSERT; opened and closed each time.

    Raises:
        psycopg.OperationalError: the server could not be reached or refused the login.
    """
    database = conf.database()
    name, keys = str(database["NAME"]), conf.tenancy().master_keys
    login = fixed_login(name, FixedLogin.QUARANTINE)
    given: dict[str, Any] = {
        "dbname": name,
        "host": database["HOST"] or None,
        "port": database["PORT"] or None,
        "user": login,
        "prepare_threshold": None,
    }
    with open_with_any(
        keys.passwords(database=name, login=login),
        lambda password: psycopg.connect(**given, password=password, autocommit=True),
    ) as connection:
        yield connection


def evict_inactive() -> int:
    """Close the idle connections of tenants that the registry no longer calls active."""
    # The registry is asked before the pool is locked: it may have to wait for the server.
    platform = {"", conf.platform_schema()}
    schemas = {target.schema for target in pool().idle_targets()} - platform
    inactive = {schema for schema in schemas if registry.login_of(schema) is None}
    return pool().evict(lambda target: target.schema in inactive)


def _credentials(scope: Scope, database: str) -> tuple[str, _Secrets]:
    if scope.kind is ScopeKind.TENANT:
        return _tenant_credentials(scope, database)
    tenancy = conf.tenancy()
    if scope.kind is ScopeKind.PLATFORM:
        login = fixed_login(database, FixedLogin.PLATFORM)
        return login, lambda: tenancy.master_keys.passwords(database=database, login=login)
    if tenancy.owner is None:
        message = (
            "refused: owner scope. Found: a process without owner credentials. "
            "Needed: TENANCY['OWNER'], in commands only."
        )
        raise refused(NoTenantError(message, reason="scope:owner:refused"))
    owner = tenancy.owner
    return owner.user, lambda: [owner.password]


def _tenant_credentials(scope: Scope, database: str) -> tuple[str, _Secrets]:
    found = registry.login_of(scope.schema)
    if found is None:
        message = (
            f"refused: {scope.stamp} is not active. Found: no active login in the "
            "registry. Needed: a tenant that is created and not suspended."
        )
        raise refused(NoTenantError(message, reason="scope:inactive:refused"))
    keys = conf.tenancy().master_keys
    return found.login, lambda: keys.passwords(
        likeliest=found.secret_version, database=database, login=found.login
    )


def _open(
    kind: ScopeKind, target: Target, secrets: _Secrets, params: Callable[[], dict[str, Any]]
) -> TenantConnection:
    given = dict(params(), user=target.login, autocommit=True)
    # DATABASES may have the owner's; only the login's own passwords are tried.
    given.pop("password", None)
    server_side = given.get("cursor_factory") is ServerBindingCursor
    given["cursor_factory"] = TenantServerBindingCursor if server_side else TenantCursor
    if kind is not ScopeKind.OWNER and not conf.tenancy().behind_pooler:
        given["options"] = " ".join(filter(None, [given.get("options"), _pinned(target.schema)]))
    connection = open_with_any(
        secrets(), lambda password: TenantConnection.connect(**given, password=password)
    )
    connection.server_cursor_factory = TenantServerSideCursor  # type: ignore[assignment]  # -- Django mixes its own in
    connection.target = target
    if kind is not ScopeKind.OWNER:
        connection.schema, connection.guard = target.schema, guard()
    return connection


def _pinned(schema: str) -> str:
    tenancy = conf.tenancy()
    return " ".join(
        f"-c {name}={value}"
        for name, value in (
            ("search_path", f'"{schema}",pg_temp'),
            ("TimeZone", "UTC"),
            ("statement_timeout", tenancy.statement_timeout_ms),
            ("lock_timeout", tenancy.lock_timeout_ms),
            ("idle_in_transaction_session_timeout", tenancy.idle_in_transaction_timeout_ms),
        )
    )


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "TENANCY":
        guard.cache_clear()


setting_changed.connect(_forget, dispatch_uid="tenancy.backend.lending")
registry.registry_changed.connect(
    lambda **_kwargs: evict_inactive(), weak=False, dispatch_uid="tenancy.backend.lending"
)
