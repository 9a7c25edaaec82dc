"""Gives logins the password of the current master key; nobody has to stop for it.

Rules:

1. Each login is rotated in a transaction of its own, with the registry's row that tells which key
   it has: a rotation that was stopped goes on where it was.
2. Open sessions stay. Who opens one meanwhile tries the passwords of every known master key
   (`tenancy.logins.opening`), so all processes must know the new key before the rotation begins,
   and the old one until it has ended.
3. The fixed logins have no such row: logging in shows whether they have the current password.

Limit: what was sealed with the old master key (links, sessions, messages of tasks) verifies until
that key is removed from MASTER_KEYS, and not afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from django.db import transaction

from tenancy import conf, signals
from tenancy.context import owner_scope
from tenancy.fleet.steps import owner_connection, verifier
from tenancy.logins import roles
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.models import TenantLogin, TenantState

__all__ = ["Outdated", "outdated_logins", "rotate_login"]


@dataclass(frozen=True, kw_only=True)
class Outdated:
    """A login whose password is not the current master key's; `version` is None if not known."""

    login: str
    schema_name: str
    version: int | None


def outdated_logins() -> list[Outdated]:
    """The logins that are to be rotated: the fixed ones first, then the tenants'.

    Raises:
        NoTenantError: this process has no owner credentials.
        WrongTenantError: called inside another scope.
    """
    current = conf.tenancy().master_keys.current
    with owner_scope(reason="look for logins of old master keys"):
        tenants = (
            TenantLogin.objects.exclude(secret_version=current)
            .exclude(state=TenantState.REQUESTED)
            .order_by("schema_name")
        )
        return [
            *_outdated_fixed(),
            *(
                Outdated(login=row.login, schema_name=row.schema_name, version=row.secret_version)
                for row in tenants
            ),
        ]


def rotate_login(outdated: Outdated) -> None:
    """Give one login the current password.

    Raises:
        ProvisioningError: there is no such login, or it is not permitted; nothing was changed.
        WrongTenantError: called inside another scope.
    """
    current = conf.tenancy().master_keys.current
    with (
        owner_scope(reason="rotate a login"),
        transaction.atomic(using=conf.database_alias()),
    ):
        # The row first: its trigger has others who change the registry wait.
        TenantLogin.objects.filter(login=outdated.login).update(secret_version=current)
        roles.rotate_login(
            owner_connection(), login=outdated.login, verifier=verifier(outdated.login)
        )
    signals.tenant_changed.send(
        sender=TenantLogin, schema_name=outdated.schema_name, change="rotated"
    )


def _outdated_fixed() -> Iterator[Outdated]:
    database = str(conf.database()["NAME"])
    for fixed in FixedLogin:
        login = fixed_login(database, fixed)
        if not _has_current_password(database, login):
            yield Outdated(login=login, schema_name=conf.platform_schema(), version=None)


def _has_current_password(database: str, login: str) -> bool:
    settings = conf.database()
    password = conf.tenancy().master_keys.password(database=database, login=login)
    try:
        psycopg.connect(
            dbname=database,
            host=settings["HOST"] or None,
            port=settings["PORT"] or None,
            user=login,
            password=password,
        ).close()
    except psycopg.OperationalError as error:
        if error.pgconn is None or not error.pgconn.used_password:
            raise
        return False
    return True
