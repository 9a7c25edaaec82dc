"""Each way past the cache is reported under its id, with a hint; a clean project has none."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core import checks
from django.test import override_settings

from tenancy.checks.cache import check_caches, check_deployment
from tenancy.checks.configuration import check_settings
from tests.doors.cache.stores import DATABASE, LOCMEM, OURS, REDIS, TABLE

DUMMY = "django.core.cache.backends.dummy.DummyCache"
FILES = "django.core.cache.backends.filebased.FileBasedCache"
CACHED = "django.contrib.sessions.backends.cached_db"
PAGES = "django.middleware.cache.UpdateCacheMiddleware"
FINE = {"BACKEND": OURS, "OPTIONS": {"BACKEND": LOCMEM}}


def ids(found: list[checks.CheckMessage]) -> list[str]:
    return [str(message.id).removeprefix("tenancy.") for message in found]


def caches(default: dict[str, Any] | None = None, **others: dict[str, Any]) -> dict[str, Any]:
    return {"CACHES": {"default": default or FINE, **others}}


def inside(backend: str, location: str = "", **options: Any) -> dict[str, Any]:
    return {"BACKEND": OURS, "LOCATION": location, "OPTIONS": {"BACKEND": backend, **options}}


def shared(*aliases: str, **changes: Any) -> dict[str, Any]:
    tenancy = {**settings.TENANCY, "SHARED_CACHES": aliases}
    return {"TENANCY": tenancy, **caches(rates={"BACKEND": LOCMEM}), **changes}


UNSAFE: dict[str, tuple[str, Any]] = {
    "plain": ("E040", lambda: caches({"BACKEND": LOCMEM})),
    "plain second alias": ("E040", lambda: caches(second={"BACKEND": REDIS, "LOCATION": "x"})),
    "no such backend": ("E040", lambda: caches({"BACKEND": "no.such.Cache"})),
    "no cache": ("E040", lambda: caches({"BACKEND": "tenancy.scopes.Tenant"})),
    "nothing inside": ("E041", lambda: caches({"BACKEND": OURS})),
    "no such cache inside": ("E041", lambda: caches(inside("no.such.Cache"))),
    "itself inside": ("E041", lambda: caches(inside(OURS))),
    "serializer": ("E041", lambda: caches(inside(REDIS, serializer="json"))),
    "table of no model": ("E042", lambda: caches(inside(DATABASE, "nowhere"))),
    "table of the platform": ("E042", lambda: caches(inside(DATABASE, "tenancy_tenantlogin"))),
    "no such alias shared": ("E044", lambda: shared("nowhere", **caches())),
    "default shared": ("E044", lambda: shared("default", **caches({"BACKEND": LOCMEM}))),
    "sessions shared": (
        "E044",
        lambda: shared("rates", SESSION_ENGINE=CACHED, SESSION_CACHE_ALIAS="rates"),
    ),
    "pages shared": (
        "E044",
        lambda: shared("rates", MIDDLEWARE=[PAGES], CACHE_MIDDLEWARE_ALIAS="rates"),
    ),
    "fragments shared": (
        "E044",
        lambda: shared("template_fragments", **caches(template_fragments={"BACKEND": LOCMEM})),
    ),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_setting_is_reported_once_with_a_hint(name: str) -> None:
    number, changes = UNSAFE[name]

    with override_settings(**changes()):
        found = check_caches(None)

    assert ids(found) == [number]
    assert found[0].hint


SAFE: dict[str, Any] = {
    "ours": caches,
    "redis": lambda: caches(inside(REDIS, "redis://localhost")),
    "table": lambda: caches(inside(DATABASE, TABLE)),
    "dummy": lambda: caches({"BACKEND": DUMMY}),
    "dummy inside": lambda: caches(inside(DUMMY)),
    "shared, of nobody": lambda: shared("rates"),
}


@pytest.mark.parametrize("name", SAFE)
def test_safe_setting_is_not_reported(name: str) -> None:
    with override_settings(**SAFE[name]()):
        assert ids(check_caches(None)) == []


def test_settings_of_the_tests_are_clean() -> None:
    assert ids([*check_caches(None), *check_deployment(None)]) == []


def test_deployment_names_an_inner_cache_that_reads_before_it_verifies() -> None:
    with override_settings(**caches(inside(FILES, "/tmp/x"))):  # noqa: S108 -- not made
        found = ids(check_caches(None)), ids(check_deployment(None))

    assert found == ([], ["E043"])


def test_deployment_prints_what_is_shared() -> None:
    with override_settings(**shared("rates")):
        found = check_deployment(None)

    assert ids(found) == ["W040"]
    assert "['rates']" in str(found[0].msg)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [(caches(), []), (caches({"BACKEND": LOCMEM}), ["E018"]), (caches({"BACKEND": DUMMY}), [])],
    ids=["ours", "plain", "dummy"],
)
@pytest.mark.parametrize("engine", [CACHED, "django.contrib.sessions.backends.cache"])
def test_sessions_in_a_cache_are_fine_where_it_is_the_tenants_own(
    engine: str, changes: dict[str, Any], expected: list[str]
) -> None:
    with override_settings(SESSION_ENGINE=engine, **changes):
        assert ids(check_settings(None)) == expected


def test_sessions_in_an_alias_that_is_not_there_are_reported() -> None:
    with override_settings(SESSION_ENGINE=CACHED, SESSION_CACHE_ALIAS="nowhere"):
        assert ids(check_settings(None)) == ["E018"]


def test_broken_setting_is_left_to_its_own_check() -> None:
    with override_settings(TENANCY=None):
        assert ids(check_caches(None)) == []
