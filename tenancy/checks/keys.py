"""Checks of master keys against the logins of the server; read as the owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.db.utils import Error as DatabaseError
from django_tenants.utils import schema_context

from tenancy import conf
from tenancy.context import owner_scope
from tenancy.models import TenantLogin, TenantState

__all__ = ["check_keys"]


@checks.register("tenancy", checks.Tags.database)
def check_keys(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Which logins cannot be used with these master keys, and which are still to be rotated."""
    if conf.database_alias() not in (databases or ()) or conf.tenancy().owner is None:
        return []
    # Commands that migrate check in the middle of a tenant's schema.
    with owner_scope(reason="check the logins' keys"), schema_context(conf.platform_schema()):
        try:
            rows = TenantLogin.objects.exclude(state=TenantState.REQUESTED)
            versions = list(rows.values_list("secret_version", flat=True))
        except DatabaseError:
            # tenancy.W010 says that there is no registry yet.
            return []
    return list(_messages(versions))


def _messages(versions: list[int]) -> Iterator[checks.CheckMessage]:
    keys = conf.tenancy().master_keys
    lost = [version for version in versions if version not in keys.keys]
    if lost:
        yield checks.Error(
            f"{len(lost)} tenants' logins have passwords of master keys {sorted(set(lost))}, "
            "which are not in MASTER_KEYS: nobody can log in as them.",
            hint="Put the old keys back, and run tenant_rotate --apply before they are removed.",
            id="tenancy.E096",
        )
    old = [version for version in versions if version in keys.keys and version != keys.current]
    if old:
        yield checks.Warning(
            f"{len(old)} tenants' logins have passwords of master keys {sorted(set(old))}.",
            hint="Run tenant_rotate --apply; keep the old keys until it has ended.",
            id="tenancy.W097",
        )
