"""A template that one tenant loaded is never rendered in another; Django's and Jinja2's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.template import Engine, TemplateDoesNotExist
from django.template.loaders import cached
from django.test import override_settings
from django_tenants.utils import schema_context
from jinja2 import Environment, TemplateNotFound

from tenancy.boundaries.templates import CachedLoader
from tenancy.boundaries.templates_jinja2 import TenantEnvironment
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.templates.sources import RowJinja2Loader
from tests.foreign.shop.models import Buyer

ROWS = "tests.doors.templates.sources.RowLoader"
FOLDERS = "django_tenants.template.loaders.filesystem.Loader"
OFF = "django.template.loaders.cached.Loader"
ON = "tenancy.boundaries.templates.CachedLoader"
WAYS = ["default to twin", "twin to default"]

Render = Callable[[str], str]


def _django(door: str) -> Render:
    engine = Engine(loaders=[(OFF if door == "off" else ON, [ROWS])])
    return lambda name: str(engine.render_to_string(name))


def _jinja2(door: str) -> Render:
    kind = Environment if door == "off" else TenantEnvironment
    environment = kind(loader=RowJinja2Loader(), autoescape=True)
    return lambda name: str(environment.get_template(name).render())


def _overlay(door: str) -> Render:
    kind = Environment if door == "off" else TenantEnvironment
    environment = kind(loader=RowJinja2Loader(), autoescape=True).overlay(trim_blocks=True)
    return lambda name: str(environment.get_template(name).render())


ENGINES = {"django": _django, "jinja2": _jinja2, "jinja2 overlay": _overlay}


@pytest.mark.attack
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("door", ["off", "on"])
@pytest.mark.parametrize("engine", ENGINES)
def test_template_of_one_tenant_is_not_rendered_in_another(
    worded: TestTenants, engine: str, door: str, way: str
) -> None:
    first, second = _pair(worded, way)
    render = ENGINES[engine](door)

    found = [_rendered(render, tenant) for tenant in (first, second, first)]

    seen = first if door == "off" else second
    assert found == [f"hello from {tenant.id}" for tenant in (first, seen, first)]


@pytest.mark.attack
@pytest.mark.parametrize("door", ["off", "on"])
@pytest.mark.parametrize(
    ("engine", "error"), [("django", TemplateDoesNotExist), ("jinja2", TemplateNotFound)]
)
def test_template_that_one_tenant_has_alone_is_not_there_in_another(
    worded: TestTenants, engine: str, error: type[Exception], door: str
) -> None:
    with as_tenant(worded.default):
        Buyer.objects.create(phone="only.html", name="mine")
    render = ENGINES[engine](door)
    assert _rendered(render, worded.default, "only.html") == "mine"

    if door == "off":
        assert _rendered(render, worded.twin, "only.html") == "mine"
        return
    with pytest.raises(error):
        _rendered(render, worded.twin, "only.html")


@pytest.mark.parametrize("way", WAYS)
def test_template_that_extends_finds_its_own_tenants_base(worded: TestTenants, way: str) -> None:
    first, second = _pair(worded, way)
    render = _django("on")

    found = [_rendered(render, tenant, "child.html") for tenant in (first, second, first)]

    assert found == [f"child of {tenant.id}" for tenant in (first, second, first)]


def test_template_is_loaded_once_for_each_tenant(worded: TestTenants) -> None:
    engine = Engine(loaders=[(ON, [ROWS])])
    with as_tenant(worded.default):
        first = engine.get_template("hello.html")
    with as_tenant(worded.twin):
        other = engine.get_template("hello.html")
    with as_tenant(worded.default):
        again = engine.get_template("hello.html")

    assert again is first
    assert other is not first


def test_loader_that_is_reset_forgets_every_tenant(worded: TestTenants) -> None:
    engine = Engine(loaders=[(ON, [ROWS])])
    with as_tenant(worded.default):
        first = engine.get_template("hello.html")
    engine.template_loaders[0].reset()

    with as_tenant(worded.default):
        assert engine.get_template("hello.html") is not first


def test_loader_under_threads_does_not_swap(worded: TestTenants) -> None:
    render = _django("on")

    def rounds(tenant: Tenant) -> set[str]:
        return {_rendered(render, tenant) for _ in range(20)}

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(rounds, worded.tenants * 2))

    assert found == [{f"hello from {tenant.id}"} for tenant in worded.tenants * 2]


def test_cached_loader_of_django_keeps_its_cache_where_ours_is() -> None:
    loader = CachedLoader(Engine(), [])
    plain: Any = cached.Loader(Engine(), [])

    assert vars(plain).keys() - {"get_template_cache"} == vars(loader).keys() - {"_caches"}


@pytest.mark.attack
@pytest.mark.parametrize("door", ["off", "on"])
def test_museum_folders_per_tenant_behind_a_cached_loader(
    worded: TestTenants, tmp_path: Path, door: str
) -> None:
    # django-tenants: schema_context of one, then the other, one name: the first's template twice.
    for tenant in worded.tenants:
        (tmp_path / tenant.id).mkdir()
        (tmp_path / tenant.id / "page.html").write_text(f"page of {tenant.id}")
    engine = Engine(loaders=[(OFF if door == "off" else ON, [FOLDERS])])

    with override_settings(MULTITENANT_TEMPLATE_DIRS=[f"{tmp_path}/%s"]):
        found = []
        for tenant in (worded.default, worded.twin):
            with schema_context(tenant.schema_name):
                found.append(engine.render_to_string("page.html"))

    seen = worded.default if door == "off" else worded.twin
    assert found == [f"page of {worded.default.id}", f"page of {seen.id}"]


def _rendered(render: Render, tenant: Tenant, name: str = "hello.html") -> str:
    with as_tenant(tenant):
        return render(name)


def _pair(worded: TestTenants, way: str) -> tuple[Tenant, Tenant]:
    pair = (worded.default, worded.twin)
    return pair if way == WAYS[0] else (pair[1], pair[0])
