"""One page: it writes a row and reads how many there are."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.foreign.shop.models import Tag


def page(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        Tag.objects.create(label=request.GET["label"])
    return HttpResponse(str(Tag.objects.count()))


urlpatterns = [path("", page)]
