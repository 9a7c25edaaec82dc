"""The database router: refuses instances from another scope and models on the wrong side.

Django asks a router for every read, write, relation and migration and hands it the instances
concerned (`hints`). `TenantRouter` never chooses a database; it checks and answers None, so that
other routers and Django's default decide. Put it first in `DATABASE_ROUTERS`.

Sides: the tenant and domain models and `TENANCY["PLATFORM_MODELS"]` exist in the platform's schema
only; every model of an app that is only in TENANT_APPS exists in tenants' schemas only.
"""

from __future__ import annotations

import functools
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.signals import setting_changed
from django.db import connections
from django.db.models import Model

from tenancy import conf
from tenancy.context import current_scope
from tenancy.exceptions import WrongTenantError
from tenancy.provenance import require_same_scope
from tenancy.refusals import refused
from tenancy.scopes import ScopeKind

__all__ = ["TenantRouter", "platform_models"]


@functools.cache
def platform_models() -> frozenset[str]:
    """Labels (`app.model`, lower case) of models that exist in the platform's schema only."""
    own = {"tenancy.tenantlogin", "tenancy.registryversion"}
    tenants = {settings.TENANT_MODEL, settings.TENANT_DOMAIN_MODEL}
    return frozenset(label.lower() for label in own | tenants | conf.tenancy().platform_models)


class TenantRouter:
    """Raises `WrongTenantError` or `NoTenantError`; otherwise has no opinion."""

    def db_for_read(self, model: type[Model], **hints: Any) -> None:
        """Check the model's side and the instance that the read starts from."""
        _check(model, hints)

    def db_for_write(self, model: type[Model], **hints: Any) -> None:
        """Check the model's side and the instance that is written."""
        _check(model, hints)

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> None:
        """Check that both instances belong to the current scope."""
        require_same_scope(obj1._state, "an instance")
        require_same_scope(obj2._state, "an instance")

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        """Refuse a platform model in a tenant's schema; the rest is TenantSyncRouter's."""
        if db != conf.database_alias() or model_name is None:
            return None
        schema = getattr(connections[db], "schema_name", None)
        on_platform = schema == conf.platform_schema()
        if f"{app_label}.{model_name}".lower() in platform_models() and not on_platform:
            return False
        return None


def _check(model: type[Model], hints: dict[str, Any]) -> None:
    instance = hints.get("instance")
    if instance is not None:
        require_same_scope(instance._state, "an instance")
    scope = current_scope()
    if scope is not None and scope.kind is not ScopeKind.OWNER:
        _check_side(model, scope.kind)


def _check_side(model: type[Model], kind: ScopeKind) -> None:
    is_platform = model._meta.label_lower in platform_models()
    if is_platform == (kind is ScopeKind.PLATFORM) or not (is_platform or _tenant_only(model)):
        return
    side = "the platform's" if is_platform else "a tenant's"
    message = (
        f"refused: {model._meta.label} is {side} model. Found: a {kind} scope. "
        f"Needed: {side} scope."
    )
    raise refused(WrongTenantError(message, found=str(kind), reason="model:side:refused"))


def _tenant_only(model: type[Model]) -> bool:
    config = apps.get_app_config(model._meta.app_label)
    names = {config.name, f"{config.__module__}.{type(config).__name__}"}
    return not names & set(settings.SHARED_APPS)


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in {"TENANCY", "TENANT_MODEL", "TENANT_DOMAIN_MODEL"}:
        platform_models.cache_clear()


setting_changed.connect(_forget, dispatch_uid="tenancy.router")
