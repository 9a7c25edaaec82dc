"""What a streamed body does when the client goes away is done in its tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.http import HttpRequest, StreamingHttpResponse
from django.test import RequestFactory

from tenancy.backend.lending import pool
from tenancy.context import current_scope
from tenancy.middleware import TenantMiddleware
from tenancy.testing.database import TestTenants
from tests.foreign.shop.models import Tag
from tests.integration.tenancy.marks import stored


def export(request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[bytes]:
        try:
            with transaction.atomic():
                Tag.objects.create(label="half")
                yield b"one"
                yield b"two"
        finally:
            Tag.objects.create(label="aborted")

    return StreamingHttpResponse(body())


def test_body_closed_early_cleans_up_in_its_tenant_and_ends_its_unit(
    marked: TestTenants,
) -> None:
    middleware: Any = TenantMiddleware(export)
    response = middleware(RequestFactory().get("/", headers={"host": "testserver"}))
    next(iter(response))

    response.close()

    assert stored(marked.default) == ["aborted", marked.default.id]
    assert stored(marked.twin) == [marked.twin.id]
    assert (current_scope(), pool().lent) == (None, 0)
