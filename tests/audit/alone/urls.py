"""Pages that read, write, fail and stream."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path


def names(request: HttpRequest) -> HttpResponse:
    return HttpResponse(",".join(User.objects.order_by("pk").values_list("username", flat=True)))


def add(request: HttpRequest) -> HttpResponse:
    User.objects.create(username=request.GET["name"])
    return HttpResponse("added")


def undo(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        User.objects.create(username="undone")
        transaction.set_rollback(True)
    return HttpResponse("undone")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        for user in User.objects.order_by("pk"):
            yield user.username.encode()

    return StreamingHttpResponse(parts())


async def names_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse(",".join([user.username async for user in User.objects.order_by("pk")]))


urlpatterns = [
    path("names", names),
    path("add", add),
    path("undo", undo),
    path("stream", stream),
    path("async", names_async),
]
