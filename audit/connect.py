"""Connections of the log's own logins, for commands; the web process has none of them."""

from __future__ import annotations

from typing import Any

import psycopg

from audit import conf
from audit.exceptions import ConfigurationError
from audit.roles import Role, password, role_name

__all__ = ["connect", "connect_owner", "connect_superuser"]

_SECONDS = 10


def connect(role: Role, **options: Any) -> psycopg.Connection[Any]:
    """A connection as one of the log's logins, in autocommit; close it, or use `with`.

    Raises:
        psycopg.OperationalError: the server could not be reached or refused the login.
    """
    name = str(conf.database()["NAME"])
    user = role_name(name, role)
    return _open(user=user, password=password(name, role), application_name=user, **options)


def connect_owner() -> psycopg.Connection[Any]:
    """A connection as the database's owner: `AUDIT["OWNER"]`, else what DATABASES names.

    Raises:
        ConfigurationError: this process has no owner's credentials.
    """
    owner, database = conf.audit().owner, conf.database()
    user = owner.get("user") or database["USER"]
    if not user:
        message = "no owner: AUDIT['OWNER'] is not set. Needed: the database's owner, in commands."
        raise ConfigurationError(message)
    return _open(user=user, password=owner.get("password") or database["PASSWORD"])


def connect_superuser() -> psycopg.Connection[Any] | None:
    """A connection as `AUDIT["SUPERUSER_URL"]` says; None if it says nothing."""
    url = conf.audit().superuser_url
    if not url:
        return None
    return psycopg.connect(url, dbname=str(conf.database()["NAME"]), autocommit=True)


def _open(**options: Any) -> psycopg.Connection[Any]:
    database = conf.database()
    return psycopg.connect(
        dbname=str(database["NAME"]),
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        connect_timeout=_SECONDS,
        autocommit=True,
        **options,
    )
