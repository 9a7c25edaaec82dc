"""What the server says of the run-time logins, as system check messages."""

from __future__ import annotations

from collections.abc import Iterator

from django.core import checks
from django.db.utils import Error as DatabaseError
from django_tenants.utils import schema_context

from tenancy import conf
from tenancy.context import owner_scope
from tenancy.fleet.steps import owner_connection
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.logins.read import LoginAttributes, login_attributes
from tenancy.models import TenantLogin

__all__ = ["inspect_logins"]


def inspect_logins() -> Iterator[checks.CheckMessage]:
    """Errors for every login that is missing, powerful, or has `public` on its path."""
    # Commands that migrate check in the middle of a tenant's schema.
    with owner_scope(reason="check the logins"), schema_context(conf.platform_schema()):
        try:
            logins = dict(TenantLogin.objects.values_list("login", "schema_name"))
        except DatabaseError:
            yield checks.Warning(
                "the registry's tables are missing.", hint="Run tenancy_setup.", id="tenancy.W010"
            )
            return
        database = str(conf.database()["NAME"])
        fixed = {fixed_login(database, role): conf.platform_schema() for role in FixedLogin}
        for login, schema in {**fixed, **logins}.items():
            yield from _inspect(login_attributes(owner_connection(), login), login, schema)
        owner = conf.tenancy().owner
        found = login_attributes(owner_connection(), owner.user) if owner else None
        if found is not None and found.superuser:
            yield checks.Warning(
                "the owner is a superuser.",
                hint="Use a role with CREATEROLE that owns the database.",
                id="tenancy.W011",
            )


def _inspect(
    found: LoginAttributes | None, login: str, schema: str
) -> Iterator[checks.CheckMessage]:
    if found is None:
        yield checks.Error(
            f"login {login} is missing.", hint="Run tenancy_setup.", id="tenancy.E030"
        )
        return
    if not found.is_powerless:
        yield checks.Error(
            f"login {login} is more than a login: superuser={found.superuser}, "
            f"bypassrls={found.bypass_rls}, member of {list(found.member_of)}, "
            f"owns {found.owned} objects.",
            hint="A run-time login has no attribute, no membership and owns nothing.",
            id="tenancy.E031",
        )
    path = found.settings.get("search_path", "")
    if path != f"{schema}, pg_temp":
        yield checks.Error(
            f"login {login} has search_path {path!r}.",
            hint=f"Needed: {schema}, pg_temp. Run tenancy_setup or recreate the login.",
            id="tenancy.E032",
        )
