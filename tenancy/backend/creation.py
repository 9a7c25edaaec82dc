"""Test databases: made and hardened as the owner, with tenants that tests run in.

Everything that only tests need is in `tenancy.testing`; this file is Django's hook to it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.postgresql.creation import DatabaseCreation as DjangoCreation
from typing_extensions import override

__all__ = ["DatabaseCreation"]


class DatabaseCreation(DjangoCreation):
    """Called by Django's test runner and by pytest-django, once per process."""

    @override
    def create_test_db(
        self,
        verbosity: int = 1,
        autoclobber: bool = False,
        serialize: bool = True,
        keepdb: bool = False,
    ) -> str:
        from tenancy.testing import cases, database  # noqa: PLC0415 -- never loaded in production

        name = self._get_test_db_name()
        original = str(self.connection.settings_dict["NAME"])
        settings.DATABASES[self.connection.alias]["NAME"] = name
        self.connection.settings_dict["NAME"] = name
        database.build(name, maintenance=original)
        cases.install()
        return name

    @override
    def destroy_test_db(
        self,
        old_database_name: Any = None,
        verbosity: int = 1,
        keepdb: bool = False,
        suffix: str | None = None,
    ) -> None:
        from tenancy.testing import database  # noqa: PLC0415 -- never loaded in production

        name = str(self.connection.settings_dict["NAME"])
        if not keepdb:
            database.remove(name, maintenance=str(old_database_name))
        settings.DATABASES[self.connection.alias]["NAME"] = old_database_name
        self.connection.settings_dict["NAME"] = old_database_name
