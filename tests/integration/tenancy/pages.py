"""Pages for the tests of the middleware: each says which tenant's rows it sees."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from asgiref.sync import sync_to_async
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path

from tenancy.context import current_scope, current_tenant
from tenancy.scopes import Scope, Unit
from tests.foreign.shop.models import Tag

units: list[Unit] = []


def _remember() -> Scope:
    scope = current_scope()
    if scope is None:
        raise LookupError
    units.append(scope.unit)
    return scope


def _labels() -> list[str]:
    return list(Tag.objects.order_by("label").values_list("label", flat=True))


def rows(request: HttpRequest) -> HttpResponse:
    _remember()
    return JsonResponse({"tenant": current_tenant().id, "rows": _labels()})


async def arows(request: HttpRequest) -> HttpResponse:
    _remember()
    return JsonResponse({"tenant": current_tenant().id, "rows": await sync_to_async(_labels)()})


def kind(request: HttpRequest) -> HttpResponse:
    scope = _remember()
    tenant = getattr(request, "tenant", "not set")
    return JsonResponse({"kind": scope.kind, "tenant": tenant and tenant.id})


def add(request: HttpRequest) -> HttpResponse:
    _remember()
    Tag.objects.create(label=request.GET["label"])
    return rows(request)


def broken(request: HttpRequest) -> HttpResponse:
    _remember()
    Tag.objects.count()
    message = "the view failed"
    raise LookupError(message)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    _remember()

    def body() -> Iterator[str]:
        for label in _labels():
            yield f"{current_tenant().id}:{label}\n"
            if "fail" in request.GET:
                message = "the body failed"
                raise LookupError(message)
        yield f"{current_tenant().id}:end\n"

    return StreamingHttpResponse(body())


async def astream(request: HttpRequest) -> StreamingHttpResponse:
    _remember()

    async def body() -> AsyncIterator[str]:
        for label in await sync_to_async(_labels)():
            yield f"{current_tenant().id}:{label}\n"
            if "fail" in request.GET:
                message = "the body failed"
                raise LookupError(message)
        yield f"{current_tenant().id}:end\n"

    return StreamingHttpResponse(body())


def file(request: HttpRequest) -> HttpResponseBase:
    _remember()
    Tag.objects.count()
    return FileResponse(Path(__file__).open("rb"))


urlpatterns = [
    path("rows/", rows),
    path("arows/", arows),
    path("kind/", kind),
    path("add/", add),
    path("broken/", broken),
    path("stream/", stream),
    path("astream/", astream),
    path("file/", file),
]
