"""The registry's answers while it changes, is slow, or is asked for what nobody has."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django_tenants.utils import get_tenant_domain_model, get_tenant_model
from typing_extensions import override

from tenancy import conf
from tenancy.context import owner_scope
from tenancy.exceptions import (
    ConfigurationError,
    ProvisioningError,
    RegistryUnavailableError,
)
from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.middleware import TenantMiddleware
from tenancy.registry import Registry, registry
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants

HOST = "twin.testserver"


@dataclass
class SlowRegistry(Registry):
    """A registry on a slow network: something happens between an answer and its keeping."""

    meanwhile: Callable[[], None] | None = None

    @override
    def _query(self, function: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        rows = super()._query(function, arguments)
        if function == "resolve" and self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        return rows


@pytest.fixture
def slow(committed: TestTenants) -> Iterator[SlowRegistry]:
    made = SlowRegistry()
    yield made
    made.close()
    move_host(committed.twin)


def move_host(tenant: Tenant) -> None:
    with owner_scope(reason="move a domain"):
        host = get_tenant_domain_model().objects.get(domain=HOST)
        host.tenant = get_tenant_model().objects.get(schema_name=tenant.schema_name)
        host.save()


def in_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_answer_that_was_overtaken_by_a_change_is_not_kept(
    slow: SlowRegistry, committed: TestTenants
) -> None:
    def change() -> None:
        move_host(committed.default)
        time.sleep(conf.tenancy().registry_poll_seconds)
        in_thread(lambda: slow.ask("resolve", ["testserver"]))

    slow.meanwhile = change
    overtaken = slow.ask("resolve", [HOST])[0][0]

    again = slow.ask("resolve", [HOST])[0][0]

    assert (overtaken, again) == (committed.twin.id, committed.default.id)


def test_answer_is_not_used_when_the_failed_poll_outlasted_its_age(
    committed: TestTenants, settings: Any
) -> None:
    @dataclass
    class Unreachable(Registry):
        @override
        def _query(self, function: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
            if self._version is None or function != "registry_version":
                return super()._query(function, arguments)
            time.sleep(0.3)
            raise RegistryUnavailableError

    settings.TENANCY = {
        **settings.TENANCY,
        "REGISTRY_POLL_SECONDS": 0.1,
        "REGISTRY_MAX_AGE_SECONDS": 0.3,
    }
    found = Unreachable()
    found.ask("resolve", [HOST])
    time.sleep(0.15)

    with pytest.raises(RegistryUnavailableError):
        found.ask("resolve", [HOST])
    found.close()


def test_rows_given_out_are_not_the_ones_that_are_kept(slow: SlowRegistry) -> None:
    slow.ask("resolve", [HOST]).clear()

    again = slow.ask("resolve", [HOST])

    assert len(again) == 1


def test_event_loop_runs_on_while_the_registry_is_asked(committed: TestTenants) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("found")

    async def visit() -> tuple[int, bool]:
        middleware: Any = TenantMiddleware(view)
        registry().ask("resolve", [HOST])
        with registry()._lock:
            unknown = middleware(RequestFactory().get("/", headers={"host": "nobody.testserver"}))
            asking = asyncio.ensure_future(unknown)
            await asyncio.sleep(0.1)
            waited = not asking.done()
        return (await asking).status_code, waited

    # A blocked loop would find the lock free: it is its own thread's.
    assert asyncio.run(visit()) == (404, True)


def test_host_longer_than_any_name_is_not_remembered(committed: TestTenants) -> None:
    middleware: Any = TenantMiddleware(lambda request: HttpResponse("found"))
    host = "x" * 254 + ".testserver"

    answer = middleware(RequestFactory().get("/", headers={"host": host}))

    assert answer.status_code == 404
    assert not registry().knows("resolve", [host])


def test_platform_host_with_www_is_the_platforms(committed: TestTenants, settings: Any) -> None:
    settings.TENANCY = {**settings.TENANCY, "PLATFORM_HOSTS": ["WWW.Example.testserver."]}
    middleware: Any = TenantMiddleware(lambda request: HttpResponse(str(request.tenant)))

    answers = [
        middleware(RequestFactory().get("/", headers={"host": host})).content
        for host in ("www.example.testserver", "example.testserver")
    ]

    assert answers == [b"None", b"None"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"POOL_CEILING": "20"},
        {"POOL_CEILING": 0},
        {"POOL_CEILING": True},
        {"PLATFORM_HOSTS": "www.example.com"},
        {"EXTRA_FUNCTIONS": "lower"},
        {"STATEMENT_TIMEOUT_MS": "0 -c role=x"},
        {"BEHIND_POOLER": "no"},
        {"OWNER": {}},
        {"REGISTRY_POLL_SECONDS": 3600},
        {"ON_CREATE": None},
    ],
    ids=str,
)
def test_setting_of_a_wrong_type_is_refused(wrong: dict[str, Any], settings: Any) -> None:
    settings.TENANCY = {**settings.TENANCY, **wrong}

    with pytest.raises(ConfigurationError, match=next(iter(wrong)) + ".*Needed|has no USER"):
        conf.tenancy()


def test_tenant_is_suspended_while_another_is_being_made(committed: TestTenants) -> None:
    from tenancy.fleet.provision import create_tenant  # noqa: PLC0415 -- needs loaded models
    from tests.integration.tenancy.fleet_state import fleet_state  # noqa: PLC0415 -- as above

    before, took = fleet_state(), []

    def suspend(_schema: str) -> None:
        def timed() -> None:
            began = time.monotonic()
            suspend_tenant(committed.bystander.id)
            took.append(time.monotonic() - began)

        thread = threading.Thread(target=timed)
        thread.start()
        thread.join(3)
        message = "the migrations fail"
        raise LookupError(message)

    with pytest.raises(ProvisioningError):
        create_tenant(fields={"name": "New"}, domain="new.testserver", tables=suspend)

    resume_tenant(committed.bystander.id)
    assert len(took) == 1
    assert took[0] < 2
    assert fleet_state() == before
