"""A page with an SQL injection, for sqlmap; every error is shown to whoever asks."""

from __future__ import annotations

from django.core.handlers.wsgi import WSGIRequest
from django.db import Error, connection
from django.http import HttpResponse
from django.urls import path

from tenancy.exceptions import StatementRefusedError


def search(request: WSGIRequest) -> HttpResponse:
    """Buyers of one name, or of whatever the name makes of the statement."""
    name = request.GET["name"]
    statement = "SELECT id, name FROM shop_buyer WHERE name = '" + name + "'"  # noqa: S608 -- the attack
    try:
        return HttpResponse(_page(statement))
    except (Error, StatementRefusedError) as error:
        return HttpResponse(f"<p>{error}</p>")


def _page(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        while cursor.nextset():
            rows = cursor.fetchall() if cursor.description else []
    return "".join(f"<p>{key} is {name}</p>" for key, name in rows)


urlpatterns = [path("", search)]
