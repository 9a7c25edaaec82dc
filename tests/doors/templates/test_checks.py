"""Each way past the doors of templates and languages is reported with its id and a hint."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks
from django.test import override_settings

from tenancy.checks.templates import check_languages, check_templates

DJANGO = "django.template.backends.django.DjangoTemplates"
JINJA2 = "django.template.backends.jinja2.Jinja2"
CACHED = "django.template.loaders.cached.Loader"
OURS = "tenancy.boundaries.templates.CachedLoader"
APPS = "django.template.loaders.app_directories.Loader"
ROWS = "tests.doors.templates.sources.RowLoader"
FOLDERS = "django_tenants.template.loaders.filesystem.Loader"
TENANTS_CACHED = "django_tenants.template.loaders.cached.Loader"
TENANT = "tenancy.middleware.TenantMiddleware"
LOCALE = "django.middleware.locale.LocaleMiddleware"


def plain_environment(**options: Any) -> Any:
    from jinja2 import Environment  # noqa: PLC0415 -- only for this engine

    from tests.doors.templates.sources import RowJinja2Loader  # noqa: PLC0415 -- as above

    return Environment(**{**options, "loader": RowJinja2Loader()})  # noqa: S701 -- as Django's options say


def own_environment(**options: Any) -> Any:
    from tenancy.boundaries.templates_jinja2 import TenantEnvironment  # noqa: PLC0415 -- as above
    from tests.doors.templates.sources import RowJinja2Loader  # noqa: PLC0415 -- as above

    return TenantEnvironment(**{**options, "loader": RowJinja2Loader()})


def loaders(*entries: Any) -> list[dict[str, Any]]:
    return [{"BACKEND": DJANGO, "OPTIONS": {"loaders": list(entries)}}]


def jinja2(**options: Any) -> list[dict[str, Any]]:
    return [{"BACKEND": JINJA2, "OPTIONS": options}]


TEMPLATES: dict[str, tuple[list[str], list[dict[str, Any]]]] = {
    "default": ([], [{"BACKEND": DJANGO, "APP_DIRS": True}]),
    "code": ([], loaders((CACHED, [APPS]))),
    "rows, ours": ([], loaders((OURS, [ROWS, APPS]))),
    "rows, not cached": ([], loaders(ROWS)),
    "rows": (["tenancy.E085"], loaders((CACHED, [APPS, ROWS]))),
    "folders": (["tenancy.E085"], loaders((CACHED, [FOLDERS]))),
    "folders, django-tenants' cache": (["tenancy.E085"], loaders((TENANTS_CACHED, [FOLDERS]))),
    "jinja2, code": ([], jinja2()),
    "jinja2, rows": (["tenancy.E086"], jinja2(environment=f"{__name__}.plain_environment")),
    "jinja2, rows, no cache": (
        [],
        jinja2(environment=f"{__name__}.plain_environment", cache_size=0),
    ),
    "jinja2, rows, ours": ([], jinja2(environment=f"{__name__}.own_environment")),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_that_tenants_share_are_reported(name: str) -> None:
    ids, templates = TEMPLATES[name]

    with override_settings(TEMPLATES=templates):
        found = check_templates(None)

    assert [message.id for message in found] == ids
    assert all(message.hint for message in found)


@pytest.mark.parametrize(
    ("ids", "middleware"),
    [
        (["tenancy.W085"], [LOCALE, TENANT]),
        ([], [TENANT, LOCALE]),
        ([], [TENANT]),
        ([], [LOCALE]),
    ],
)
def test_locale_middleware_before_the_tenants_is_reported(
    ids: list[str], middleware: list[str]
) -> None:
    with override_settings(MIDDLEWARE=middleware):
        found = check_languages(None)

    assert [message.id for message in found] == ids
    assert all(message.hint for message in found)


def test_checks_are_registered() -> None:
    registered = checks.registry.registry.registered_checks

    assert {check_templates, check_languages} <= registered
