"""Switches single protections off for a block, to show that an attack works without them.

Rules:

1. Only against a test database (a name that begins with `test_`); else `ConfigurationError`.
2. What a block changed is put back when it ends, however it ends.
3. `check --deploy` reports this module when it was imported (`tenancy.E023`).

One process is affected, all of its threads: never run such a block beside other tests in one
process. `hardening_off` affects the test database itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.contrib.contenttypes.models import ContentTypeManager
from django.core import checks

from tenancy import conf, provenance
from tenancy.backend import lending
from tenancy.backend.cursors import TenantConnection
from tenancy.exceptions import ConfigurationError
from tenancy.logins import hardening
from tenancy.statements import load_from
from tenancy.testing.switches import replaced, require_test_database

__all__ = [
    "content_types_shared",
    "guard_off",
    "hardening_off",
    "lease_off",
    "provenance_off",
]


@contextmanager
def guard_off() -> Iterator[None]:
    """Send every statement unseen, as a connection without a guard does.

    Also open connections are affected. What rests on the guard goes with it: one statement per
    call, the forms of driver commands, foreign cursor classes. Idle connections are closed at the
    end: an unseen statement may have left a role or a setting on one.
    """
    try:
        with replaced(TenantConnection, "guard", _NoGuard()):
            yield
    finally:
        lending.pool().close()


@contextmanager
def provenance_off() -> Iterator[None]:
    """Let instances, querysets and their rows be used in any scope."""
    with replaced(provenance, "_refuse", lambda made_in, here, what: None):
        yield


@contextmanager
def lease_off() -> Iterator[None]:
    """Let a connection be used by whoever still holds it."""
    with replaced(TenantConnection, "require_lease", lambda connection: None):
        yield


@contextmanager
def content_types_shared() -> Iterator[None]:
    """One cache of content types for all scopes, as Django has it; empty at the start."""
    with replaced(ContentTypeManager, "_cache", _SharedCache()):
        yield


@contextmanager
def hardening_off() -> Iterator[None]:
    """Give PUBLIC back what a fresh database gives it; hardened again at the end.

    Raises:
        ConfigurationError: no test database, or this process knows no superuser.
    """
    require_test_database()
    url, owner = conf.tenancy().superuser_url, conf.tenancy().owner
    if not url or owner is None:
        message = "nothing was opened: no superuser. Needed: TENANCY['SUPERUSER_URL']."
        raise ConfigurationError(message)
    name = str(conf.database()["NAME"])
    with psycopg.connect(url, autocommit=True, dbname=name) as superuser:
        others = superuser.execute("SELECT datname FROM pg_catalog.pg_database").fetchall()
        try:
            superuser.execute(load_from("tenancy:testing/unharden.sql"))
            yield
        finally:
            hardening.harden(
                superuser,
                database=name,
                owner=owner.user,
                leave_databases={other for (other,) in others} - {name},
            )


class _NoGuard:
    """Stands for `TenantConnection.guard`; keeps what is set, and says that there is none."""

    def __get__(self, connection: Any, owner: type | None = None) -> None:
        return None

    def __set__(self, connection: Any, value: object) -> None:
        connection.__dict__["guard"] = value


class _SharedCache:
    """Stands for `ContentTypeManager._cache`: one dict per manager, whatever the scope."""

    def __init__(self) -> None:
        self._caches: dict[int, dict[str, Any]] = {}

    def __get__(self, manager: Any, owner: type | None = None) -> dict[str, Any]:
        return self._caches.setdefault(id(manager), {})

    def __set__(self, manager: Any, value: dict[str, Any]) -> None:
        self._caches[id(manager)] = value


@checks.register("tenancy", deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Importing this module is an error in deployment."""
    return [
        checks.Error(
            f"{__name__} was imported: it switches protections off.",
            hint="Import it from tests only.",
            id="tenancy.E023",
        )
    ]
