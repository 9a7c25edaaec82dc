"""A page whose statement the guard refuses."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


def page(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0)")
    return HttpResponse("not reached")


urlpatterns = [path("", page)]
