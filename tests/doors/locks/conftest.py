"""Two transactions at once, each of its own tenant and thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from django.db import transaction

from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant

Take = Callable[[], object]


@pytest.fixture
def holding() -> Callable[[Tenant, Take], object]:
    """Holds what `take` takes in a transaction of another thread, while the block runs."""

    @contextmanager
    def hold(tenant: Tenant, take: Take) -> Iterator[None]:
        taken, done = Event(), Event()

        def work() -> None:
            try:
                with as_tenant(tenant), transaction.atomic():
                    take()
                    taken.set()
                    done.wait(20)
            finally:
                taken.set()

        with ThreadPoolExecutor(1) as threads:
            future = threads.submit(work)
            assert taken.wait(20)
            try:
                yield
            finally:
                done.set()
                future.result(20)

    return hold
