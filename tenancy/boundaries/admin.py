"""Django's admin: every page of it is one tenant's, and its history names nobody else's rows.

Holds: its queries, log-ins, permissions and history run as the tenant's login on the tenant's own
tables; a foreign key value is simply not there, in change, delete, history, autocomplete, actions,
exports and popups alike, with the answer of one that never was. What needs code is history: an
entry keeps an instance's name as text, so one about an instance of another scope is refused here.
Does not hold: an entry that is made without `log_actions()`, from text; what a ModelAdmin, which
lives as long as the process, keeps as plain values (`process_caches.search()` finds instances).
Turned on by the app, if `django.contrib.admin` is installed; it belongs into TENANT_APPS
(`tenancy.E013`), and no tenant's model into a site that the platform serves (`tenancy.E094`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from tenancy.context import current_scope
from tenancy.provenance import require_same_scope
from tenancy.scopes import ScopeKind

__all__ = ["install"]


def install() -> None:
    """Make history ask whose instances it is about; a second call changes nothing."""
    from django.contrib.admin.models import LogEntryManager  # noqa: PLC0415 -- where installed
    from django_tenants.templatetags import tenant as tags  # noqa: PLC0415 -- as above

    original = LogEntryManager.log_actions
    if not hasattr(original, "asks_for_scope"):
        setattr(LogEntryManager, "log_actions", _asking(original))  # noqa: B010 -- for mypy
    # django-tenants' list of apps, on every page, reads `request.tenant`: None on the platform.
    tags.register.simple_tag(_is_platform, name="is_public_schema")


def _asking(log_actions: Any) -> Any:
    @functools.wraps(log_actions)
    def asked(self: Any, user_id: Any, queryset: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
        # A generator is read once. A queryset's own binding asks as well, while it is read.
        if not isinstance(queryset, QuerySet):
            queryset = list(queryset)
        for instance in queryset:
            require_same_scope(instance._state, "an instance")
        return log_actions(self, user_id, queryset, *args, **kwargs)

    asked.asks_for_scope = True  # type: ignore[attr-defined]  # -- marks what is wrapped
    return asked


def _is_platform(app: Any = None) -> bool:
    """Whether the page is the platform's; `app` is unused, as in django-tenants' own tag."""
    scope = current_scope()
    return scope is None or scope.kind is ScopeKind.PLATFORM
