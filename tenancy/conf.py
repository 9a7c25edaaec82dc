"""The `TENANCY` setting as one frozen dataclass; the only reader of Django settings here.

Every default is the safe one. An unknown key, a missing master key or a wrong type raises
`ConfigurationError`, which the system checks report as `tenancy.E001`.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from tenancy.exceptions import ConfigurationError
from tenancy.logins.secrets import MasterKeys
from tenancy.setting_values import checked_values

__all__ = [
    "Credentials",
    "TenancySettings",
    "database",
    "database_alias",
    "kept",
    "plain_host",
    "platform_schema",
    "shows_error_details",
    "tenancy",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """A login's name and password, as settings gave them."""

    user: str
    password: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class TenancySettings:
    """`settings.TENANCY`, checked.

    Limits carry their unit in their name. `master_keys` maps a version to 32 or more bytes, given
    as base64 text. `owner` is None in a process that must not do DDL.
    """

    master_keys: MasterKeys = field(repr=False)
    owner: Credentials | None = None
    owner_is_separate: bool = False
    superuser_url: str = field(default="", repr=False)

    pool_ceiling: int = 20
    pool_wait_seconds: float = 5.0
    pool_idle_seconds: float = 300.0
    behind_pooler: bool = False

    login_connection_limit: int = 40
    statement_timeout_ms: int = 30_000
    lock_timeout_ms: int = 5_000
    idle_in_transaction_timeout_ms: int = 60_000

    registry_poll_seconds: float = 0.5
    registry_max_age_seconds: float = 1.0
    registry_functions: tuple[str, ...] = ()
    registry_tables: tuple[str, ...] = ()
    tenant_fields: tuple[str, ...] = ()
    platform_hosts: tuple[str, ...] = ()
    platform_urlconf: str = ""

    platform_models: frozenset[str] = frozenset()
    shared_tables: tuple[str, ...] = ()
    quarantine_table: str = ""
    on_create: str = ""

    explain_allowed: bool = False
    extension_schema: str = ""
    extra_functions: frozenset[str] = frozenset()
    extra_types: frozenset[str] = frozenset()

    link_seconds: int = 300
    shared_storages: tuple[str, ...] = ()

    capsule_seconds: int = 604_800

    shared_caches: tuple[str, ...] = ()

    guard_cache_size: int = 4_096

    locks_per_transaction: int = 64
    listeners_per_process: int = 4
    watch_process_caches: float = 0.0

    error_details: bool = False
    email_backend: str = "django.core.mail.backends.smtp.EmailBackend"
    email_sender: str = ""

    processors: Mapping[str, Any] = field(default_factory=dict)
    egress_tripwire: str = ""
    egress_allowed: tuple[str, ...] = ()

    session_engine: str = "django.contrib.sessions.backends.db"


def kept(name: str) -> Any:
    """A setting of Django's, or None; without the warnings of Django 6.1 for deprecated ones."""
    holder: Any = settings
    holder.DATABASES  # noqa: B018 -- the settings are loaded when one is read
    return getattr(holder._wrapped, name, None)  # noqa: SLF001 -- there is no public way


@functools.cache
def database_alias() -> str:
    """The database alias that holds the tenants (django-tenants' `TENANT_DB_ALIAS`)."""
    return getattr(settings, "TENANT_DB_ALIAS", "default")


def database() -> Mapping[str, Any]:
    """Django's settings of that database: NAME, HOST, PORT and the rest."""
    found: Mapping[str, Any] = settings.DATABASES[database_alias()]
    return found


def platform_schema() -> str:
    """The schema of shared apps (django-tenants' `PUBLIC_SCHEMA_NAME`); never `public`.

    Raises:
        ConfigurationError: it is missing or `public`, where anybody's objects could be found.
    """
    name = getattr(settings, "PUBLIC_SCHEMA_NAME", "public")
    if name == "public":
        message = (
            "PUBLIC_SCHEMA_NAME is 'public'. Needed: a schema of the platform's own, "
            "for example PUBLIC_SCHEMA_NAME = 'platform'."
        )
        raise ConfigurationError(message)
    return str(name)


@functools.cache
def tenancy() -> TenancySettings:
    """The checked settings.

    Raises:
        ConfigurationError: a key is unknown, missing or of the wrong type.
    """
    given = getattr(settings, "TENANCY", None)
    if not isinstance(given, Mapping):
        message = "the TENANCY setting is missing. Needed: a dict with at least MASTER_KEYS."
        raise ConfigurationError(message)
    values = {_field_name(key): value for key, value in given.items()}
    values["master_keys"] = _master_keys(
        values.get("master_keys"), values.pop("current_master_key", None)
    )
    values.update(_owner(values.get("owner")))
    values = checked_values(TenancySettings, values)
    values["platform_hosts"] = tuple(map(plain_host, values.get("platform_hosts", ())))
    found = TenancySettings(**values)
    if found.registry_poll_seconds > found.registry_max_age_seconds:
        message = (
            "TENANCY['REGISTRY_POLL_SECONDS'] is longer than REGISTRY_MAX_AGE_SECONDS: a "
            "suspended tenant would be served for that long. Needed: at most as long."
        )
        raise ConfigurationError(message)
    return found


def shows_error_details() -> bool:
    """Whether errors may quote rows and parameters: `ERROR_DETAILS`, and only with DEBUG."""
    try:
        return tenancy().error_details and bool(settings.DEBUG)
    except ConfigurationError:
        # An error about the settings is being told, perhaps; its own details stay out as well.
        return False


def plain_host(domain: str) -> str:
    """A host's name as the registry knows it: no `www.`, no dot at the end, lower case."""
    return domain.lower().rstrip(".").removeprefix("www.")


def _field_name(key: object) -> str:
    known = {f.name for f in dataclasses.fields(TenancySettings)} | {"current_master_key"}
    name = str(key).lower()
    if str(key) != name.upper() or name not in known:
        message = f"TENANCY has an unknown key {key!r}. Known: {sorted(n.upper() for n in known)}."
        raise ConfigurationError(message)
    return name


def _master_keys(given: object, current: object) -> MasterKeys:
    if not isinstance(given, Mapping) or not given:
        message = "TENANCY['MASTER_KEYS'] is missing. Needed: {1: '<base64 of 32 random bytes>'}."
        raise ConfigurationError(message)
    try:
        keys = {int(version): _key_bytes(key) for version, key in given.items()}
        return MasterKeys(keys, current=int(current) if current else max(keys))  # type: ignore[call-overload]  # -- int() of whatever was set; ValueError is ours
    except (TypeError, ValueError, binascii.Error) as error:
        message = f"TENANCY['MASTER_KEYS'] cannot be used: {error}"
        raise ConfigurationError(message) from error


def _key_bytes(key: object) -> bytes:
    return key if isinstance(key, bytes) else base64.b64decode(str(key), validate=True)


def _owner(given: object) -> dict[str, Any]:
    if isinstance(given, Mapping):
        if not given.get("USER"):
            message = "TENANCY['OWNER'] has no USER. Needed: {'USER': …, 'PASSWORD': …}, or None."
            raise ConfigurationError(message)
        owner = Credentials(user=given["USER"], password=given.get("PASSWORD", ""))
        return {"owner": owner, "owner_is_separate": True}
    found = database()
    if not found.get("USER"):
        return {"owner": None, "owner_is_separate": True}
    owner = Credentials(user=found["USER"], password=found.get("PASSWORD", ""))
    return {"owner": owner, "owner_is_separate": False}


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in {"TENANCY", "DATABASES"}:
        tenancy.cache_clear()
    if setting == "TENANT_DB_ALIAS":
        database_alias.cache_clear()


setting_changed.connect(_forget, dispatch_uid="tenancy.conf")
