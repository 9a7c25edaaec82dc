"""The app: installs the bindings and registers the checks when Django is ready."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from typing_extensions import override

__all__ = ["TenancyConfig"]


class TenancyConfig(AppConfig):
    """Goes into SHARED_APPS, before `django_tenants`, whose commands it replaces."""

    name = "tenancy"
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: Any) -> None:
        # Before any other app is imported: a module that keeps SECRET_KEY keeps the scopes' one.
        from tenancy.boundaries import signing  # noqa: PLC0415 -- loaded with the first app

        super().__init__(app_name, app_module)
        signing.install()

    @override
    def ready(self) -> None:
        from tenancy import compat, orm  # noqa: PLC0415 -- need loaded models
        from tenancy.boundaries import email as mail  # noqa: PLC0415 -- as above
        from tenancy.boundaries import (  # noqa: PLC0415 -- as above
            log_records,
            process_caches,
            translations,
            tripwire,
        )
        from tenancy.checks import (  # noqa: PLC0415 -- as above
            admin,  # noqa: F401 -- registers
            cache,  # noqa: F401 -- registers
            channels,  # noqa: F401 -- registers
            commands,  # noqa: F401 -- registers
            configuration,  # noqa: F401 -- registers
            egress,  # noqa: F401 -- registers
            email,  # noqa: F401 -- registers
            files,  # noqa: F401 -- registers
            keys,  # noqa: F401 -- registers
            locks,  # noqa: F401 -- registers
            logs,  # noqa: F401 -- registers
            sessions,  # noqa: F401 -- registers
            tasks,  # noqa: F401 -- registers
            templates,  # noqa: F401 -- registers
            threads,  # noqa: F401 -- registers
            users,  # noqa: F401 -- registers
        )

        orm.install()
        compat.install()
        log_records.install()
        mail.install()
        tripwire.install()
        translations.install()
        process_caches.install()
        if apps.is_installed("django.contrib.contenttypes"):
            from tenancy.boundaries import contenttypes  # noqa: PLC0415 -- only where installed

            contenttypes.install()
        if apps.is_installed("django.contrib.auth"):
            from tenancy.boundaries import users as accounts  # noqa: PLC0415 -- where installed

            accounts.install()
        if apps.is_installed("django.contrib.admin"):
            from tenancy.boundaries import admin as office  # noqa: PLC0415 -- where installed

            office.install()
        if apps.is_installed("django.contrib.sites"):
            from tenancy.boundaries import sites  # noqa: PLC0415 -- only where installed

            sites.install()
        if apps.is_installed("django.contrib.postgres"):
            _leave_catalog_alone()


def _leave_catalog_alone() -> None:
    # django.contrib.postgres reads pg_type at every new connection, for hstore and citext only;
    # no tenant's login may read the catalog (check tenancy.W004 says so).
    from django.contrib.postgres.signals import (  # noqa: PLC0415 -- only where installed
        register_type_handlers,
    )
    from django.db.backends.signals import connection_created  # noqa: PLC0415 -- as above

    connection_created.disconnect(register_type_handlers)
