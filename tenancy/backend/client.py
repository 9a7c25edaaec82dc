"""`dbshell` is refused: psql would take the login of DATABASES, in development the owner's."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.backends.postgresql import client as django_postgresql
from typing_extensions import override

from tenancy.exceptions import ScopeChangeError
from tenancy.refusals import refused

__all__ = ["DatabaseClient"]


class DatabaseClient(django_postgresql.DatabaseClient):
    """Opens no psql: its session has no scope and no guard, whoever's login it has."""

    @override
    def runshell(self, parameters: Iterable[str]) -> None:
        """Refuse.

        Raises:
            ScopeChangeError: always, in any scope and outside of any.
        """
        message = (
            "refused: dbshell opens psql without a scope and a guard. Found: the login in "
            "DATABASES. Needed: tenant_shell, or psql with the credentials that you mean."
        )
        raise refused(ScopeChangeError(message, reason="command:dbshell:refused"))
