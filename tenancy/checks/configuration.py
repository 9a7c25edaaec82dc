"""System checks: what in a project's configuration would undo the isolation, each with a hint.

`tenancy.E0xx` stop `manage.py check`; `tenancy.W0xx` warn; those tagged `deploy` run with
`check --deploy` only. They read settings; what the server really grants is read by
`isolation_proof`, and by the `database` checks below as the owner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from tenancy import conf
from tenancy.checks.cache import CACHED_SESSIONS, is_tenants_own

__all__ = ["check_database", "check_deployment", "check_settings"]

_MIDDLEWARE = "tenancy.middleware.TenantMiddleware"
_ROUTER = "tenancy.router.TenantRouter"
_SYNC_ROUTER = "django_tenants.routers.TenantSyncRouter"
_NEED_SCOPE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.contrib.sites.middleware.CurrentSiteMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
    "django.contrib.redirects.middleware.RedirectFallbackMiddleware",
)
_SHARED_SESSIONS = tuple(
    f"django.contrib.sessions.backends.{name}"
    for name in ("cache", "cached_db", "file", "signed_cookies")
)
_DJANGO_TENANTS_MIDDLEWARE = "django_tenants.middleware"
_TEST_ONLY = "tenancy.testing"

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy")
def check_settings(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Everything that can be said from the settings alone."""
    found: list[checks.CheckMessage] = []
    for check in (
        _setting,
        _platform_schema,
        _engine,
        _other_aliases,
        _middleware,
        _routers,
        _apps,
        _cookies,
    ):
        found.extend(check())
    return found


@checks.register("tenancy", deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is acceptable in development only."""
    try:
        tenancy = conf.tenancy()
    except ImproperlyConfigured:
        return []
    found: list[checks.CheckMessage] = []
    if not tenancy.owner_is_separate:
        found.append(
            _error(
                "E020",
                "the login in DATABASES is the owner's, and every process has it.",
                "Remove USER and PASSWORD there; set TENANCY['OWNER'] for commands only.",
            )
        )
    if tenancy.superuser_url:
        found.append(
            _error(
                "E021",
                "this process knows a superuser's password.",
                "Set TENANCY['SUPERUSER_URL'] for `tenancy_setup` only.",
            )
        )
    if any(name.startswith(_TEST_ONLY) for name in settings.INSTALLED_APPS):
        found.append(_error("E022", "a test-only module is installed.", "Remove tenancy.testing."))
    return found


@checks.register("tenancy", checks.Tags.database)
def check_database(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """What the server says of the run-time logins, read as the owner."""
    if conf.database_alias() not in (databases or ()) or conf.tenancy().owner is None:
        return []
    from tenancy.fleet.inspect import inspect_logins  # noqa: PLC0415 -- needs loaded models

    return list(inspect_logins())


def _error(number: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, id=f"tenancy.{number}")


def _warning(number: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Warning(message, hint=hint, id=f"tenancy.{number}")


def _unless_configured(number: str, read: Callable[[], object], hint: str) -> _Found:
    try:
        read()
    except ImproperlyConfigured as error:
        yield _error(number, str(error), hint)


def _setting() -> _Found:
    yield from _unless_configured("E001", conf.tenancy, "See tenancy/docs/settings.md.")


def _platform_schema() -> _Found:
    hint = "Shared apps live in a schema of their own; `public` is on nobody's path."
    yield from _unless_configured("E002", conf.platform_schema, hint)
    if "public" in getattr(settings, "PG_EXTRA_SEARCH_PATHS", ()):
        yield _error(
            "E003",
            "PG_EXTRA_SEARCH_PATHS contains 'public'.",
            "A tenant's path is its own schema and pg_temp. Remove the setting.",
        )


def _engine() -> _Found:
    database: dict[str, Any] = settings.DATABASES.get(conf.database_alias(), {})
    if database.get("ENGINE") != "tenancy.backend":
        yield _error(
            "E004",
            f"DATABASES[{conf.database_alias()!r}]['ENGINE'] is {database.get('ENGINE')!r}.",
            "Set it to 'tenancy.backend'.",
        )
    options = database.get("OPTIONS", {})
    for name in ("pool", "assume_role", "service", "cursor_factory"):
        if options.get(name):
            yield _error(
                "E005",
                f"OPTIONS[{name!r}] would choose a connection or role of its own.",
                "Remove it: the scope chooses the login and its pool.",
            )
    if "search_path" in str(options.get("options", "")):
        yield _error("E006", "OPTIONS sets search_path.", "Remove it: each login has its own.")
    if getattr(settings, "TENANT_LIMIT_SET_CALLS", False):
        yield _warning(
            "W001", "TENANT_LIMIT_SET_CALLS has no effect here.", "Remove it: nothing is SET."
        )


def _other_aliases() -> _Found:
    tenants: dict[str, Any] = settings.DATABASES.get(conf.database_alias(), {})
    if mirrored := tenants.get("TEST", {}).get("MIRROR"):
        yield _error(
            "E016",
            f"tests would run on the login of DATABASES[{mirrored!r}], not on a tenant's own.",
            "Remove TEST['MIRROR']: the test database is made with tenants and their logins.",
        )
    for alias, other in settings.DATABASES.items():
        if other is tenants or other.get("ENGINE") == "tenancy.backend":
            continue
        if _place(other) == _place(tenants):
            yield _error(
                "E017",
                f"DATABASES[{alias!r}] reaches the tenants' database with a login of its own, "
                "past the scopes and the guard.",
                "Remove it, also from test settings: use owner_scope(reason=...) for DDL.",
            )


def _place(database: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(database.get(key) or "") for key in ("NAME", "HOST", "PORT"))


def _middleware() -> _Found:
    installed = list(settings.MIDDLEWARE)
    if _MIDDLEWARE not in installed:
        yield _error(
            "E007",
            f"{_MIDDLEWARE} is not in MIDDLEWARE.",
            "Put it before every middleware that uses the database.",
        )
        return
    before = installed[: installed.index(_MIDDLEWARE)]
    for name in before:
        if name in _NEED_SCOPE:
            yield _error("E008", f"{name} comes before {_MIDDLEWARE}.", "Put it after.")
    for name in installed:
        if name.startswith(_DJANGO_TENANTS_MIDDLEWARE):
            yield _error("E009", f"{name} is installed.", f"Replace it by {_MIDDLEWARE}.")


def _routers() -> _Found:
    routers = list(settings.DATABASE_ROUTERS)
    if not routers or routers[0] != _ROUTER or _SYNC_ROUTER not in routers:
        yield _error(
            "E010",
            f"DATABASE_ROUTERS is {routers!r}.",
            f"Needed: [{_ROUTER!r}, {_SYNC_ROUTER!r}], the first one first.",
        )


def _apps() -> _Found:
    names = [config.name for config in apps.get_app_configs()]
    ordered = [name for name in names if name in {"tenancy", "django_tenants"}]
    if ordered != ["tenancy", "django_tenants"]:
        yield _error(
            "E011",
            f"INSTALLED_APPS has {ordered!r} in this order.",
            "Needed: tenancy, then django_tenants, whose commands it replaces.",
        )
    of_tenants = {AppConfig.create(entry).name for entry in settings.TENANT_APPS}
    if "tenancy" in of_tenants:
        yield _error("E012", "tenancy is in TENANT_APPS.", "Put it into SHARED_APPS only.")
    for name in ("django.contrib.sessions", "django.contrib.auth", "django.contrib.admin"):
        if name in names and name not in of_tenants:
            yield _error(
                "E013",
                f"{name} is not in TENANT_APPS: its rows would be shared by all tenants.",
                "Add it to TENANT_APPS.",
            )
    if "django.contrib.postgres" in names:
        yield _warning(
            "W004",
            "django.contrib.postgres registers hstore and citext by reading the catalog.",
            "Its fields and lookups work; hstore values arrive as text.",
        )


def _cookies() -> _Found:
    for name in ("SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "LANGUAGE_COOKIE_DOMAIN"):
        if getattr(settings, name, None):
            yield _error(
                "E014",
                f"{name} is set: browsers send the cookie to other tenants' hosts.",
                "Leave it None, so that cookies stay on their host.",
            )
    engine = getattr(settings, "SESSION_ENGINE", "")
    if engine in CACHED_SESSIONS and is_tenants_own(settings.SESSION_CACHE_ALIAS):
        return
    if engine in _SHARED_SESSIONS and apps.is_installed("django.contrib.sessions"):
        yield _error(
            "E018",
            f"SESSION_ENGINE is {engine!r}: a session of one tenant is valid in every other.",
            "Use django.contrib.sessions.backends.db, whose rows are the tenant's own, or a cache "
            "whose BACKEND is tenancy.boundaries.cache.TenantCache.",
        )
